/** Reads what config.json needs to know of this machine: the one file here that touches the system. */
import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { boundingSet } from '../../host/own-capabilities.ts';
import { thermalPaths } from '../../host/thermal-paths.ts';
import { parseIdMap } from '../../host/user-namespace.ts';
import type { RunRequest } from '../request/run-request.ts';
import type { HostDevice, Machine } from './input.ts';

/** Facts for `buildConfig`. Looks only at the device nodes that the request names; with `--privileged` at all of /dev. */
export function readMachine(request: RunRequest): Machine {
  const { deviceReadBps, deviceWriteBps, deviceReadIops, deviceWriteIops } = request.limits;
  const rates = [...deviceReadBps, ...deviceWriteBps, ...deviceReadIops, ...deviceWriteIops];
  const roots = [...request.devices.map(({ source }) => source), ...rates.map(({ path }) => path)];
  if (request.privileged) roots.push('/dev');
  const devices = new Map<string, HostDevice>();
  for (const root of roots) for (const device of devicesBelow(root)) devices.set(device.path, device);
  return {
    architecture: process.arch,
    // Not of node:os, which nothing else of a start needs.
    hostname: readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(),
    boundingSet: boundingSet(),
    groups: parseIdMap(readFileSync('/proc/self/gid_map', 'latin1')),
    thermalPaths: thermalPaths(),
    devices: [...devices.values()],
  };
}

/** Filesystems of their own, which the container gets its own of; and links to what is no device. */
const elsewhere = new Set(['/dev/pts', '/dev/shm', '/dev/mqueue', '/dev/hugepages', '/dev/fd', '/dev/.lxc']);

function devicesBelow(path: string): readonly HostDevice[] {
  if (elsewhere.has(path)) return [];
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch {
    // Gone, or never there: buildConfig names what was asked for and is missing.
    return [];
  }
  if (stats.isDirectory()) {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isCharacterDevice() || entry.isBlockDevice())
      .flatMap((entry) => devicesBelow(join(path, entry.name)));
  }
  if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return [];
  return [
    {
      path,
      type: stats.isBlockDevice() ? 'b' : 'c',
      ...deviceNumbers(BigInt(stats.rdev)),
      mode: stats.mode & 0o7777,
      uid: stats.uid,
      gid: stats.gid,
    },
  ];
}

/** gnu_dev_major and gnu_dev_minor of makedev(3). */
function deviceNumbers(rdev: bigint): { readonly major: number; readonly minor: number } {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xffff_f000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffff_ff00n);
  return { major: Number(major), minor: Number(minor) };
}

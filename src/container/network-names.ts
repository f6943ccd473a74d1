/**
 * Containers of a network find each other by name: in each one's /etc/hosts, which is a file of the host's, the others are listed
 * and kept up to date as they come and go. Nobody has to be asked, so there is nothing that has to run.
 *
 * Not on the network that everybody shares: its containers have nothing to do with each other, and one could call itself like a
 * host that another one trusts.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../host/paths.ts';
import { leasesOf } from '../network/lease.ts';
import { defaultName, type NetworkName } from '../network/network-record.ts';
import { lockNetworks } from '../network/networks-lock.ts';
import { containersDirectory, filesFor, readRecord } from './container-directory.ts';
import { endpointsOf } from './network-holder.ts';
import type { ContainerId } from './request/run-request.ts';

/** More than that was written by the container itself, and is left alone. */
const largest = 1024 * 1024;
const begin = '# tsrun: containers of its networks\n';
const end = '# tsrun: end\n';

/** Brings the files of all who are on one of these networks up to date. */
export async function updateNames(paths: Paths, networks: readonly NetworkName[]): Promise<void> {
  const named = networks.filter((name) => name !== defaultName);
  if (named.length === 0) return;
  using _lock = await lockNetworks(paths, 'exclusive');
  const holders = new Set(named.flatMap((name) => leasesOf(paths, name).map(({ holder }) => holder)));
  for (const holder of holders) {
    const lines = endpointsOf(paths, holder)
      .filter(({ network }) => network !== defaultName)
      .flatMap(({ network }) => neighbours(paths, network, holder));
    replaceBlock(filesFor(paths, holder as ContainerId).hosts, lines);
  }
}

/** A line for each address of each of the others. */
function neighbours(paths: Paths, network: NetworkName, holder: string): readonly string[] {
  return leasesOf(paths, network)
    .filter((lease) => lease.holder !== holder)
    .flatMap((lease) => {
      const name = readRecord(join(containersDirectory(paths), lease.holder))?.name;
      const endpoint = endpointsOf(paths, lease.holder).find((each) => each.network === network);
      if (name === undefined || endpoint === undefined) return [];
      const names = [name, ...endpoint.aliases, lease.holder.slice(0, 12)].join(' ');
      return endpoint.addresses.map((address) => `${address}\t${names}\n`);
    });
}

/** In place: the container has this very file, by a bind mount. What else is in it stays. */
function replaceBlock(path: string, lines: readonly string[]): void {
  let fd: number;
  try {
    fd = openSync(path, 'r+');
  } catch {
    // It is being removed.
    return;
  }
  try {
    const { size } = fstatSync(fd);
    if (size > largest) return;
    const bytes = Buffer.alloc(size);
    const before = bytes.toString('utf8', 0, readSync(fd, bytes, 0, size, 0));
    const from = before.indexOf(begin);
    const to = from < 0 ? -1 : before.indexOf(end, from);
    const rest = to < 0 ? [before, ''] : [before.slice(0, from), before.slice(to + end.length)];
    const text = Buffer.from(rest[0] + (lines.length === 0 ? '' : begin + lines.join('') + end) + rest[1]);
    // Never empty in between: somebody may be reading it.
    writeSync(fd, text, 0, text.length, 0);
    ftruncateSync(fd, text.length);
  } finally {
    closeSync(fd);
  }
}

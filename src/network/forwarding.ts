/**
 * Forwarding of IPv4, without which no container reaches further than this machine, nor is a published port reached from outside.
 *
 * Where the machine is a router already (net.ipv4.ip_forward) nothing is done. Elsewhere the interfaces that lead outside forward as long as
 * a container is connected, and a rule drops what would pass through them for anybody else: the machine does not become a router
 * by the way. A file for each says that we did it, and is there before and goes after.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../host/paths.ts';
import { routeInterfaces } from './choose-subnet.ts';
import { addGuard, removeGuard } from './kernel-network.ts';
import type { NftTable } from './netlink/nftables.ts';
import { ownSpace } from './netlink/space.ts';
import { isInterfaceName, type Network } from './network-record.ts';
import { leasesRoot } from './networks-lock.ts';
import { writeSetting } from './setting.ts';

const marksDirectory = (paths: Paths): string => join(leasesRoot(paths), '.forwarding');
const settingOf = (name: string): string => `/proc/sys/net/ipv4/conf/${name}/forwarding`;

/**
 * Idempotent; the caller has the lock on the networks, and the table is there.
 *
 * @returns what stands in the way, for the person to read; null: nothing
 */
export function openForwarding(paths: Paths, table: NftTable): string | null {
  if (isOn(settingOf('all'))) {
    // By somebody else's will, whom the rule must not disturb.
    for (const name of marks(paths)) forget(paths, table, name);
    return null;
  }
  for (const name of routeInterfaces().filter((each) => isInterfaceName(each) && !isOn(settingOf(each)))) {
    mkdirSync(marksDirectory(paths), { recursive: true, mode: 0o700 });
    writeFileSync(join(marksDirectory(paths), name), '', { mode: 0o600 });
    addGuard(ownSpace, table, name);
    try {
      writeSetting(settingOf(name), '1');
    } catch (error) {
      forget(paths, table, name);
      const { code } = error as NodeJS.ErrnoException;
      return `containers reach nothing outside of this machine: it does not forward, and ${name} may not be told to (${code}): sysctl net.ipv4.ip_forward=1`;
    }
  }
  return null;
}

/** Before the table goes, with its rule. Idempotent; the caller has the exclusive lock. */
export function closeForwarding(paths: Paths): void {
  const isRouter = isOn(settingOf('all'));
  for (const name of marks(paths)) {
    if (!isRouter) {
      try {
        writeSetting(settingOf(name), '0');
      } catch {
        // The interface has gone.
      }
    }
    rmSync(join(marksDirectory(paths), name), { force: true });
  }
  rmSync(marksDirectory(paths), { force: true, recursive: true });
}

/** Of IPv6 there is no half of it: a machine that forwards stops to listen to its own router. */
export function forwarding6Notice(networks: readonly Network[]): string | null {
  const wants = networks.some(({ reach, subnets }) => reach === 'outside' && subnets.some(isVersion6));
  if (!wants || isOn('/proc/sys/net/ipv6/conf/all/forwarding')) return null;
  return 'containers reach nothing outside of this machine by IPv6: it does not forward: sysctl net.ipv6.conf.all.forwarding=1';
}

const isVersion6 = ({ subnet }: Network['subnets'][number]): boolean => subnet.base.family === 6;

function forget(paths: Paths, table: NftTable, name: string): void {
  removeGuard(ownSpace, table, name);
  rmSync(join(marksDirectory(paths), name), { force: true });
}

function marks(paths: Paths): readonly string[] {
  try {
    return readdirSync(marksDirectory(paths));
  } catch {
    return [];
  }
}

function isOn(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').trim() !== '0';
  } catch {
    return false;
  }
}

/** Removes a network: its record goes under the lock, when nobody has an address of it. */
import { rmSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { type IsAlive, lowerUnused, releaseDead } from './disconnect.ts';
import { leasesOf } from './lease.ts';
import type { Space } from './netlink/space.ts';
import { defaultName, type Network } from './network-record.ts';
import { networkFile } from './network-store.ts';
import { lockNetworks } from './networks-lock.ts';

/**
 * @throws TsrunError NETWORK_IN_USE; USAGE for the one that everybody shares
 */
export async function removeNetwork(paths: Paths, network: Network, isAlive: IsAlive, ground: Space): Promise<void> {
  const { name } = network;
  if (name === defaultName) {
    throw new TsrunError('USAGE', `cannot remove the network "${name}"`, {
      why: 'it is the one that containers share which ask for none by name',
      hint: 'it takes no room, and has no interface while nobody uses it',
    });
  }
  {
    using _lock = await lockNetworks(paths, 'shared');
    releaseDead(paths, network, isAlive, ground);
  }
  await lowerUnused(paths, [name], ground);
  // Whoever connects has a lease before it lets go of its lock.
  using _lock = await lockNetworks(paths, 'exclusive');
  const holders = [...new Set(leasesOf(paths, name).map(({ holder }) => holder.slice(0, 12)))];
  if (holders.length > 0) {
    throw new TsrunError('NETWORK_IN_USE', `cannot remove network "${name}"`, {
      why: `containers are connected with it: ${holders.join(', ')}`,
      hint: `stop them first: tsrun stop ${holders.join(' ')}`,
    });
  }
  rmSync(networkFile(paths, name), { force: true });
}

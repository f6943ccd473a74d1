/** Networks, and who is on them: each file is read once, however many look at it. */
import { join } from 'node:path';
import type { Paths } from '../host/paths.ts';
import type { Endpoint } from '../network/endpoint.ts';
import { leasesOf } from '../network/lease.ts';
import type { NamesHost } from '../network/names-file.ts';
import { defaultName, type Network, type NetworkName } from '../network/network-record.ts';
import { readNetwork } from '../network/network-store.ts';
import { containersDirectory, readRecord } from './container-directory.ts';
import { endpointsOf } from './network-holder.ts';

export class NamesView {
  readonly paths: Paths;
  readonly #networks = new Map<NetworkName, Network | null>();
  readonly #holders = new Map<NetworkName, readonly string[]>();
  readonly #endpoints = new Map<string, readonly Endpoint[]>();
  readonly #names = new Map<string, string | null>();

  constructor(paths: Paths) {
    this.paths = paths;
  }

  /** null: it has gone. */
  network(name: NetworkName): Network | null {
    return remembered(this.#networks, name, () => readNetwork(this.paths, name));
  }

  /** Ids of those who have an address of it. */
  holders(name: NetworkName): readonly string[] {
    return remembered(this.#holders, name, () => leasesOf(this.paths, name).map(({ holder }) => holder));
  }

  endpoints(holder: string): readonly Endpoint[] {
    return remembered(this.#endpoints, holder, () => endpointsOf(this.paths, holder));
  }

  /** Its places on networks with names. */
  namedOf(holder: string): readonly Endpoint[] {
    return this.endpoints(holder).filter(({ network }) => network !== defaultName);
  }

  /** As others on this network find it; null: not at all. */
  host(holder: string, network: NetworkName): NamesHost | null {
    const name = remembered(
      this.#names,
      holder,
      () => readRecord(join(containersDirectory(this.paths), holder))?.name ?? null,
    );
    const endpoint = this.endpoints(holder).find((each) => each.network === network);
    if (name === null || endpoint === undefined) return null;
    return { addresses: endpoint.addresses, names: [name, ...endpoint.aliases, holder.slice(0, 12)] };
  }
}

function remembered<K, V>(known: Map<K, V>, key: K, read: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = read();
  known.set(key, value);
  return value;
}

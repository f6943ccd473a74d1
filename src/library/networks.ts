/** Networks of containers, from a program. */
import { changeNetworks } from '../container/kept/connect-kept.ts';
import { faultOnNetwork } from '../container/kept/fault-kept.ts';
import { findKept } from '../container/kept/find-kept.ts';
import { parseAddress, parseAlias, parseMac } from '../container/request/network.ts';
import { type NetworkOptions, parseNetworkRequest } from '../container/request/network-create.ts';
import { parseFault } from '../container/request/network-fault.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { randomHex } from '../native/sha256.ts';
import { makeNetwork } from '../network/make-network.ts';
import type { Network as NetworkRecord } from '../network/network-record.ts';
import { findNetwork } from '../network/network-store.ts';
import { formatSubnet } from '../network/subnet.ts';
import { formatIp } from '../plan/ip-address.ts';
import { inWords } from './in-words.ts';
import { checkOptions } from './known-options.ts';
import { type PlaceOptions, pathsOf } from './places.ts';

/** How a new network is to be. */
export interface CreateNetworkOptions extends NetworkOptions, PlaceOptions {
  /** Default: a name that nobody else has. */
  readonly name?: string;
}

const known = {
  name: true,
  subnets: true,
  gateways: true,
  ipRanges: true,
  internal: true,
  ipv6: true,
  mtu: true,
  bridge: true,
  vxlan: true,
  macvlan: true,
  labels: true,
  store: true,
  root: true,
} as const satisfies Record<keyof CreateNetworkOptions, true>;

/** What a container is to have on a network. */
export interface ConnectOptions {
  /** Its IPv4 address there. Default: one that is free. */
  readonly ip?: string;
  /** Its IPv6 address there. */
  readonly ip6?: string;
  /** Of its interface there. */
  readonly macAddress?: string;
  /** More names for others there. */
  readonly aliases?: readonly string[];
  /** One line about something that is not as asked, for example that forwarding is off. */
  readonly onNotice?: (line: string) => void;
}

/** What is wrong with a network, for a test. */
export type FaultOptions =
  | {
      /** Nothing comes or goes. */
      readonly cut: true;
    }
  | {
      /** Packets to a container are late by this: `100ms`, `1.5s`. Needs `sch_netem` of the kernel, as `jitter` and `loss` do. */
      readonly latency?: string;
      /** More or less by this; with `latency`. */
      readonly jitter?: string;
      /** So many are lost: `1%`. */
      readonly loss?: string;
      /** No more comes in a second: `8kbit` to `1000gbit`. */
      readonly rate?: string;
    };

/** A network that containers are on by `network: network.name`. Leaving the scope of an `await using` removes one that was created here. */
export interface Network extends AsyncDisposable {
  /** 64 hex digits. */
  readonly id: string;
  /** For the option `network`. */
  readonly name: string;
  /** IPv4 first, for example `10.216.0.0/24`. */
  readonly subnets: readonly string[];
  /** The host in each subnet. */
  readonly gateways: readonly string[];
  /**
   * Puts a container of {@link create} on it, at once where it runs and from its next start on.
   *
   * @throws TsrunError CONTAINER_STATE when it is there already or goes with no network, ADDRESS_IN_USE, CONTAINER_NOT_FOUND, USAGE
   * @example await front.connect(web, { aliases: ['www'] });
   */
  connect(container: { readonly id: string }, options?: ConnectOptions): Promise<void>;
  /**
   * Takes a container off it. Ports that are published there go with it.
   *
   * @throws TsrunError CONTAINER_STATE when it is not there, CONTAINER_NOT_FOUND
   */
  disconnect(container: { readonly id: string }): Promise<void>;
  /**
   * What comes to its containers that run now, or to one of them, is late, lost, slow or cut off, until the scope is left or the
   * container ends. It replaces what was before.
   *
   * @param container one of those on it; nothing: all of them
   * @throws TsrunError HOST_UNSUPPORTED where the kernel has no such fault, then there is none; CONTAINER_STATE when that container is
   * not on it now, USAGE
   * @example
   * {
   *   await using _cut = await network.fault({ cut: true }, db);
   *   await assert.rejects(client.query('select 1'));
   * }
   * await using _slow = await network.fault({ latency: '100ms', jitter: '20ms', loss: '1%' });
   */
  fault(fault: FaultOptions, container?: { readonly id: string }): Promise<AsyncDisposable>;
  /** @throws TsrunError NETWORK_IN_USE */
  remove(): Promise<void>;
}

/**
 * Makes a network. Containers on it find each other by name.
 *
 * @throws TsrunError NETWORK_EXISTS, USAGE
 * @example
 * await using network = await createNetwork();
 * await using db = await run('db.tar', { name: 'db', network: network.name });
 */
export async function createNetwork(options: CreateNetworkOptions = {}): Promise<Network> {
  checkOptions(options, known, 'createNetwork');
  const { store, root, name = `net-${randomHex(6)}`, ...given } = options;
  const paths = pathsOf({ store, root });
  return await inWords(paths, async () => {
    const record = makeNetwork(
      paths,
      parseNetworkRequest(name, given, {}, (option) => option),
    );
    return networkObject(paths, record, 'created-here');
  });
}

/**
 * A network that there is, by its name or id.
 *
 * @throws TsrunError NETWORK_NOT_FOUND
 */
export async function openNetwork(name: string, options: PlaceOptions = {}): Promise<Network> {
  const paths = pathsOf({ store: options.store, root: options.root });
  return await inWords(paths, async () => networkObject(paths, findNetwork(paths, name), 'found'));
}

function networkObject(paths: Paths, record: NetworkRecord, origin: 'created-here' | 'found'): Network {
  const { id, name, subnets } = record;
  const remove = async (): Promise<void> => {
    const { sweep } = await import('../container/sweep.ts');
    // A container that was killed with its program is on it no more.
    await sweep(paths);
    const { removeContainerNetwork } = await import('../container/networks.ts');
    await removeContainerNetwork(paths, findNetwork(paths, id));
  };
  return {
    id,
    name,
    subnets: subnets.map(({ subnet }) => formatSubnet(subnet)),
    gateways: subnets.map(({ gateway }) => formatIp(gateway)),
    connect: ({ id: container }, { ip, ip6, macAddress, aliases = [], onNotice = () => {} } = {}) =>
      inWords(paths, async () => {
        const endpoint = {
          network: findNetwork(paths, id).name,
          ip: ip === undefined ? null : parseAddress(ip, 4, 'ip'),
          ip6: ip6 === undefined ? null : parseAddress(ip6, 6, 'ip6'),
          mac: macAddress === undefined ? null : parseMac(macAddress, 'macAddress'),
          aliases: aliases.map((alias) => parseAlias(alias, 'aliases')),
        };
        await changeNetworks(paths, findKept(paths, container), { type: 'connect', endpoint }, onNotice);
      }),
    disconnect: ({ id: container }) =>
      inWords(paths, () =>
        changeNetworks(paths, findKept(paths, container), { type: 'disconnect', network: name }, () => {}),
      ),
    fault: (options, container) =>
      inWords(paths, async () => {
        const fault = parseFault(options, (option) => option);
        const only = container === undefined ? null : findKept(paths, container.id).id;
        const clear = await faultOnNetwork(paths, findNetwork(paths, id), only, fault);
        return { [Symbol.asyncDispose]: () => inWords(paths, clear) };
      }),
    remove: () => inWords(paths, remove),
    [Symbol.asyncDispose]: async () => {
      if (origin === 'found') return;
      try {
        await inWords(paths, remove);
      } catch (error) {
        if (!(error instanceof TsrunError && error.code === 'NETWORK_NOT_FOUND')) throw error;
      }
    },
  };
}

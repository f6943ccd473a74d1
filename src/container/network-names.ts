/**
 * Containers of a network find each other by name. A resolver for each network answers who asks the DNS (network/resolver.ts); and in each
 * container's /etc/hosts, which is a file of the host's, the others are listed: that is there when nobody can answer, and costs nothing.
 * Both are kept up to date as containers come and go.
 *
 * Not on the network that everybody shares: its containers have nothing to do with each other, and one could call itself like a
 * host that another one trusts.
 */
import type { Paths } from '../host/paths.ts';
import { openGround } from '../network/anchor.ts';
import { defaultName, isBridged, type NetworkName } from '../network/network-record.ts';
import { lockNetworks } from '../network/networks-lock.ts';
import { resolverAddress, serveNames } from '../network/resolver.ts';
import { filesFor } from './container-directory.ts';
import { replaceHostsBlock } from './hosts-block.ts';
import { namesFor } from './names-for-resolver.ts';
import { NamesView } from './names-view.ts';
import type { ContainerId } from './request/run-request.ts';

/** Where each network's names are answered; `why`: nobody does. */
export type NamesAnswered = ReadonlyMap<NetworkName, { readonly address: string; readonly why: string | null }>;

/** Brings the names of all who are on one of these networks up to date. */
export async function updateNames(paths: Paths, networks: readonly NetworkName[]): Promise<NamesAnswered> {
  const named = networks.filter((name) => name !== defaultName);
  if (named.length === 0) return new Map();
  using ground = await openGround(paths);
  using _lock = await lockNetworks(paths, 'exclusive');
  const view = new NamesView(paths);
  const holders = new Set(named.flatMap((name) => view.holders(name)));
  for (const holder of holders) {
    const lines = view.namedOf(holder).flatMap(({ network }) => neighbourLines(view, network, holder));
    replaceHostsBlock(filesFor(paths, holder as ContainerId).hosts, lines);
  }
  // Whoever is on another one too sees these names from there.
  const affected = new Set([...holders].flatMap((holder) => view.namedOf(holder).map(({ network }) => network)));
  const answered = new Map<NetworkName, { readonly address: string; readonly why: string | null }>();
  for (const name of affected) {
    const network = view.network(name);
    const address = network === null ? null : resolverAddress(network);
    if (network === null || !isBridged(network) || address === null) continue;
    answered.set(name, { address, why: await serveNames(paths, network, ground.space, namesFor(view, name)) });
  }
  return answered;
}

/** A line for each address of each of the others. */
const neighbourLines = (view: NamesView, network: NetworkName, holder: string): readonly string[] =>
  view
    .holders(network)
    .filter((other) => other !== holder)
    .flatMap((other) => view.host(other, network) ?? [])
    .flatMap(({ addresses, names }) => {
      // Names that stand for many have no place in that file.
      const words = names.filter((name) => !name.startsWith('*.')).join(' ');
      return addresses.map((address) => `${address}\t${words}\n`);
    });

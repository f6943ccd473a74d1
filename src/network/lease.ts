/**
 * Who has which address: a file for each, `networks/NAME/ADDRESS` in the state directory, with everything that has to be taken
 * away before the address may be somebody else's. The file is there before anything of it, and goes last.
 */
import { linkSync, readdirSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../host/make-directory.ts';
import type { Paths } from '../host/paths.ts';
import { randomHex } from '../native/sha256.ts';
import { formatIp, type IpAddress, parseIp } from '../plan/ip-address.ts';
import { isNetworkName, type NetworkName } from './network-record.ts';
import { leasesRoot } from './networks-lock.ts';
import { isPublishedPorts, type PublishedPort } from './published-port.ts';

export interface Lease {
  /** Of the container. */
  readonly holder: string;
  /** All that the container has on this network; a file of the same content stands for each. */
  readonly addresses: readonly IpAddress[];
  readonly published: readonly PublishedPort[];
  /** The end of its pair at the bridge, and its own address behind it; null: it has none, or an earlier version let it send as it liked. */
  readonly port: { readonly hostName: string; readonly mac: string } | null;
}

const leaseDirectory = (paths: Paths, network: NetworkName): string => join(leasesRoot(paths), network);

/** Addresses that somebody has at the moment. */
export const listLeases = (paths: Paths, network: NetworkName): readonly IpAddress[] =>
  entries(leaseDirectory(paths, network)).flatMap((name) => parseIp(name) ?? []);

/** Each container's once, whatever the number of its addresses. */
export function leasesOf(paths: Paths, network: NetworkName): readonly Lease[] {
  const leases = listLeases(paths, network).flatMap((address) => readLease(paths, network, address) ?? []);
  return [...new Map(leases.map((lease) => [lease.holder, lease])).values()];
}

/** Names of the networks that somebody is connected with, or was a moment ago. */
export const leasedNetworks = (paths: Paths): readonly NetworkName[] =>
  entries(leasesRoot(paths)).filter(isNetworkName);

/** null: it has gone. */
function readLease(paths: Paths, network: NetworkName, address: IpAddress): Lease | null {
  try {
    return parseLease(readFileSync(leaseFile(paths, network, address), 'utf8'));
  } catch {
    return null;
  }
}

const leaseFile = (paths: Paths, network: NetworkName, address: IpAddress): string =>
  join(leaseDirectory(paths, network), formatIp(address));

/** @returns false: somebody has one of the addresses, and nothing has changed */
export function takeLease(paths: Paths, network: NetworkName, lease: Lease): boolean {
  const directory = leaseDirectory(paths, network);
  makeDirectory(directory, 0o700);
  const unnamed = join(directory, `.${randomHex(8)}`);
  writeFileSync(unnamed, encodeLease(lease), { mode: 0o600 });
  const taken: IpAddress[] = [];
  try {
    for (const address of lease.addresses) {
      linkSync(unnamed, leaseFile(paths, network, address));
      taken.push(address);
    }
    return true;
  } catch (error) {
    for (const address of taken) unlinkSync(leaseFile(paths, network, address));
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(unnamed);
  }
}

/** Idempotent. */
export function forgetLease(paths: Paths, network: NetworkName, { addresses }: Pick<Lease, 'addresses'>): void {
  for (const address of addresses) {
    try {
      unlinkSync(leaseFile(paths, network, address));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** The network's directory, in which no lease is left; the caller has the exclusive lock. */
export function forgetLeases(paths: Paths, network: NetworkName): void {
  const directory = leaseDirectory(paths, network);
  // Of commands that were killed while they wrote one.
  for (const name of entries(directory)) unlinkSync(join(directory, name));
  rmdirSync(directory);
}

const encodeLease = ({ addresses, ...lease }: Lease): string =>
  JSON.stringify({ version: 1, ...lease, addresses: addresses.map(formatIp) });

/** null: not a whole lease, or not of this version. */
function parseLease(text: string): Lease | null {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return null;
  const { version, holder, addresses, published, port } = value as Readonly<Record<string, unknown>>;
  if (version !== 1 || typeof holder !== 'string' || !Array.isArray(addresses)) return null;
  const parsed = addresses.flatMap((text: unknown) => (typeof text === 'string' ? (parseIp(text) ?? []) : []));
  return isPublishedPorts(published)
    ? { holder, addresses: parsed, published, port: (port ?? null) as Lease['port'] }
    : null;
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

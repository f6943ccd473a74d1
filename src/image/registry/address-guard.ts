/**
 * Which addresses a registry may send us on to.
 *
 * Where its redirects and its token server lie is the registry's to say. On a machine of a cloud, 169.254.169.254 answers with the
 * machine's own credentials, and what listens on loopback or in the private network trusts whoever is there: a registry elsewhere does
 * not get us to ask them. The address is looked at when the connection is made, for a name can lead anywhere.
 */
import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { hostName, isLoopback } from './endpoint.ts';
import { ConnectionError } from './registry-error.ts';

/** `any`: the person named the host. `public-only`: somebody elsewhere did. `not-link-local`: a private registry did. */
export type AddressGuard = 'any' | 'not-link-local' | 'public-only';

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');

const inside = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  inside.addSubnet(network, prefix, 'ipv4');
}
inside.addAddress('::', 'ipv6');
inside.addAddress('::1', 'ipv6');
inside.addSubnet('fc00::', 7, 'ipv6');

/** ::ffff:10.0.0.1 is 10.0.0.1 to the kernel. */
function listed(list: BlockList, address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return list.check(mapped, 'ipv4');
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Whether an address is one that the guard lets through. */
export function isAllowed(address: string, guard: AddressGuard): boolean {
  if (guard === 'any') return true;
  if (listed(linkLocal, address)) return false;
  return guard === 'not-link-local' || !listed(inside, address);
}

/** How far a registry may send us: one of the machine or the private network may name its neighbours. */
export async function guardOf(host: string): Promise<AddressGuard> {
  const name = hostName(host);
  if (isLoopback(host)) return 'not-link-local';
  if (isIP(name) !== 0) return isAllowed(name, 'public-only') ? 'public-only' : 'not-link-local';
  const addresses = await addressesOf(name);
  return addresses.length > 0 && addresses.every((address) => !isAllowed(address, 'public-only'))
    ? 'not-link-local'
    : 'public-only';
}

const addressesOf = (name: string): Promise<readonly string[]> =>
  new Promise((resolve) => {
    lookup(name, { all: true }, (error, found) => resolve(error === null ? found.map(({ address }) => address) : []));
  });

/** The host of a URL that is an address is never looked up. @throws ConnectionError */
export function checkLiteral(host: string, guard: AddressGuard): void {
  const name = hostName(host);
  if (isIP(name) !== 0 && !isAllowed(name, guard)) throw forbidden(name);
}

const forbidden = (address: string): ConnectionError =>
  new ConnectionError('TSRUN_ADDRESS', new Error(`${address} is no address that a registry elsewhere may send us to`));

/** dns.lookup that fails for addresses the guard does not let through. */
export const guardedLookup =
  (guard: AddressGuard): LookupFunction =>
  (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 0);
      const [bad] = found.filter(({ address }) => !isAllowed(address, guard));
      if (bad !== undefined) return callback(forbidden(bad.address), '', 0);
      if (options.all === true) return callback(null, found);
      const [first] = found;
      return callback(null, first?.address ?? '', first?.family ?? 4);
    });
  };

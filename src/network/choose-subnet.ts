/** Subnets for networks that nobody chose one for: out of private ranges, past whatever this machine has a route to. */
import { readFileSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import { addressAt, formatSubnet, overlaps, type Subnet, sizeOf } from './subnet.ts';

interface Pool {
  readonly from: Subnet;
  /** Bits of the subnets that it is cut into. */
  readonly prefix: number;
}

const pool = (a: number, b: number, prefix: number, each: number): Pool => ({
  from: { base: { family: 4, value: BigInt(a * 2 ** 24 + b * 2 ** 16) }, prefix },
  prefix: each,
});

/** Room for 65533 containers on the network that everybody shares, and for 253 on each of 2048 others. */
export const pools = { default: pool(10, 212, 14, 16), other: pool(10, 216, 13, 24) } as const;

/**
 * @param taken by other networks, whether they have a bridge at the moment or not
 * @throws TsrunError NETWORK_EXISTS when every one of them overlaps with something
 */
export function chooseSubnet({ from, prefix }: Pool, taken: readonly Subnet[]): Subnet {
  const used = [...taken, ...routes()];
  const size = sizeOf({ base: from.base, prefix });
  for (let host = 0n; host < sizeOf(from); host += size) {
    const candidate: Subnet = { base: addressAt(from, host), prefix };
    if (!used.some((subnet) => overlaps(subnet, candidate))) return candidate;
  }
  throw new TsrunError('NETWORK_EXISTS', 'cannot choose a subnet', {
    why: `all of ${formatSubnet(from)} is in use by other networks or by routes of this machine`,
    hint: 'name one: --subnet 192.168.50.0/24; or remove networks: tsrun network prune',
  });
}

/** What this machine reaches by another way than its default route: proc_pid_net(5), route. */
export function routes(): readonly Subnet[] {
  return table('/proc/self/net/route')
    .slice(1)
    .flatMap((line) => {
      const [, destination = '', , , , , , mask = ''] = line.split(/\s+/);
      const prefix = bitsSet(mask);
      return prefix === 0 ? [] : [{ base: { family: 4, value: BigInt(`0x${swapped(destination)}`) }, prefix }];
    });
}

/** The interface of the first default route of IPv4; null: there is none. */
export function defaultInterface(): string | null {
  for (const line of table('/proc/self/net/route').slice(1)) {
    const [name = '', destination, , , , , , mask] = line.split(/\s+/);
    if (destination === '00000000' && mask === '00000000') return name;
  }
  return null;
}

/** Names of the interfaces that have a route of IPv4. */
export const routeInterfaces = (): readonly string[] => [
  ...new Set(
    table('/proc/self/net/route')
      .slice(1)
      .flatMap((line) => line.split(/\s+/)[0] ?? []),
  ),
];

function table(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  } catch {
    // A kernel without IPv4.
    return [];
  }
}

/** The file has the bytes of the address as this machine stores numbers; it runs on little-endian ones. */
const swapped = (hex: string): string => (hex.match(/../g) ?? ['0']).toReversed().join('');

const bitsSet = (hex: string): number =>
  Number.parseInt(hex || '0', 16)
    .toString(2)
    .replaceAll('0', '').length;

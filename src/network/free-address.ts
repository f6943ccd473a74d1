/** The next address of a subnet that nobody has. */
import type { IpAddress } from '../plan/ip-address.ts';
import type { NetworkSubnet } from './network-record.ts';
import { lastOf, sizeOf } from './subnet.ts';

/**
 * The lowest free one of the range: not the subnet's own (the first), its gateway's or, of IPv4, the broadcast address (the last).
 *
 * @returns null: all are taken
 */
export function freeAddress({ subnet, gateway, range }: NetworkSubnet, taken: ReadonlySet<bigint>): IpAddress | null {
  const { family } = subnet.base;
  const end = family === 4 && subnet.prefix < 31 ? lastOf(subnet).value - 1n : lastOf(subnet).value;
  const most = range.base.value + sizeOf(range) - 1n;
  const hasOwn = subnet.prefix < (family === 4 ? 31 : 127);
  for (let value = range.base.value; value <= (most < end ? most : end); value++) {
    if (hasOwn && value === subnet.base.value) continue;
    if (value !== gateway.value && !taken.has(value)) return { family, value };
  }
  return null;
}

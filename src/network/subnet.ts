/** Subnets: what addresses they have, and whether two overlap. */
import { bitsOf, formatIp, type IpAddress, parseIp } from '../plan/ip-address.ts';

/** An address with the size of its subnet, as an interface has it. */
export interface InterfaceNetwork {
  readonly address: IpAddress;
  readonly prefix: number;
}

/** All addresses that begin with the same bits. */
export interface Subnet {
  /** The first of them. */
  readonly base: IpAddress;
  readonly prefix: number;
}

/** How many addresses there are. */
export const sizeOf = ({ base, prefix }: Subnet): bigint => 1n << BigInt(bitsOf(base.family) - prefix);

/** The last of them. */
export const lastOf = (subnet: Subnet): IpAddress => ({
  family: subnet.base.family,
  value: subnet.base.value + sizeOf(subnet) - 1n,
});

/** @param host counted from the subnet's first address */
export const addressAt = ({ base }: Subnet, host: bigint): IpAddress => ({
  family: base.family,
  value: base.value + host,
});

export const contains = (subnet: Subnet, address: IpAddress): boolean =>
  subnet.base.family === address.family && address.value >= subnet.base.value && address.value <= lastOf(subnet).value;

export const overlaps = (one: Subnet, other: Subnet): boolean => contains(one, other.base) || contains(other, one.base);

/** The subnet of this size that the address lies in. */
export function subnetOf(address: IpAddress, prefix: number): Subnet {
  const host = BigInt(bitsOf(address.family) - prefix);
  return { base: { family: address.family, value: (address.value >> host) << host }, prefix };
}

/** `10.0.0.0/24`; null: it is none, or has bits behind its prefix. */
export function parseSubnet(text: string): Subnet | null {
  const [, word = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const base = parseIp(word);
  const prefix = Number(bits);
  if (base === null || prefix > bitsOf(base.family)) return null;
  const subnet = subnetOf(base, prefix);
  return subnet.base.value === base.value ? subnet : null;
}

export const formatSubnet = ({ base, prefix }: Subnet): string => `${formatIp(base)}/${prefix}`;

/** As people write it. */
export const formatAddress = (address: IpAddress): string => formatIp(address);

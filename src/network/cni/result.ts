/** What plugins answer: cni/SPEC.md, section 5. */
import { parseIp } from '../../plan/ip-address.ts';
import { isObject } from './configuration.ts';

/** What a chain of plugins has made. */
export interface CniResult {
  /** Inside, without their prefixes; IPv4 first. */
  readonly addresses: readonly string[];
  /** Of these addresses; null: none was named. */
  readonly gateway: string | null;
  /** Of the interface inside; '': none was named. */
  readonly mac: string;
  /** Interfaces of the host that were named. */
  readonly hostInterfaces: readonly string[];
  readonly dns: {
    readonly servers: readonly string[];
    readonly search: readonly string[];
    readonly options: readonly string[];
  };
  /** As it came, for the next plugin. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** @returns why it is no result */
export function parseResult(text: string): CniResult | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return text.trim() === '' ? 'it has answered nothing' : `it has answered what is no JSON: ${quoted(text)}`;
  }
  if (!isObject(document)) return 'its answer is not an object';
  const { interfaces = [], ips = [], dns = {} } = document;
  if (!Array.isArray(interfaces) || !interfaces.every(isInterface)) return '"interfaces" of its answer are none';
  if (!Array.isArray(ips) || !ips.every(isAddress)) return '"ips" of its answer are none';
  if (!isObject(dns)) return '"dns" of its answer is not an object';
  // Those of interfaces that are not in the container are the host's.
  const inside = ips.filter((ip) => ip.interface === undefined || isInside(interfaces[ip.interface]));
  const addresses = inside.map(({ address }) => address.replace(/\/.*/, ''));
  return {
    addresses: addresses.toSorted((one, other) => Number(one.includes(':')) - Number(other.includes(':'))),
    gateway: inside.find(({ gateway }) => gateway !== undefined && gateway !== '')?.gateway ?? null,
    mac: interfaces.find(isInside)?.mac ?? '',
    hostInterfaces: interfaces.filter((each) => !isInside(each)).map(({ name }) => name),
    dns: {
      servers: textsOf(dns['nameservers']).filter((server) => parseIp(server) !== null),
      search: [...textsOf(dns['domain']), ...textsOf(dns['search'])].filter(isWord),
      options: textsOf(dns['options']).filter(isWord),
    },
    document,
  };
}

interface Interface {
  readonly name: string;
  readonly mac?: string;
  readonly sandbox?: string;
}

const isInterface = (value: unknown): value is Interface =>
  isObject(value) && typeof value['name'] === 'string' && isTextIfAny(value['mac']) && isTextIfAny(value['sandbox']);

const isInside = (each: Interface | undefined): boolean => each?.sandbox !== undefined && each.sandbox !== '';

interface Address {
  readonly address: string;
  readonly gateway?: string;
  readonly interface?: number;
}

function isAddress(value: unknown): value is Address {
  if (!isObject(value)) return false;
  const { address, gateway, interface: index } = value;
  if (typeof address !== 'string' || parseIp(address.replace(/\/\d+$/, '')) === null) return false;
  return isAddressIfAny(gateway) && (index === undefined || (Number.isInteger(index) && (index as number) >= 0));
}

const isTextIfAny = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isAddressIfAny = (value: unknown): boolean =>
  value === undefined || value === '' || (typeof value === 'string' && parseIp(value) !== null);

/** A text, or a list of texts; of anything else nothing. */
const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? (value as unknown[]) : [value]).filter(
    (each) => typeof each === 'string' && each !== '',
  ) as string[];

/** It becomes part of a line of resolv.conf(5). */
const isWord = (text: string): boolean => /^[\w.:-]+$/.test(text);

/** Why a plugin refused. */
export interface CniError {
  /** null: it has said nothing of that form. */
  readonly code: number | null;
  readonly words: string;
}

/** @param said its standard output, and its standard error, where it should say nothing */
export function parseError(said: { readonly out: string; readonly err: string }, status: string): CniError {
  try {
    const document: unknown = JSON.parse(said.out);
    if (isObject(document) && typeof document['msg'] === 'string') {
      const { code, msg, details } = document;
      const more = typeof details === 'string' && details !== '' ? `: ${details}` : '';
      return { code: typeof code === 'number' ? code : null, words: quoted(`${msg}${more}`) };
    }
  } catch {
    // Words, or nothing.
  }
  const words = quoted(said.err.trim() || said.out.trim());
  return { code: null, words: words === '' ? `it ended with ${status} and said nothing` : `${words} (${status})` };
}

/** Of codes that the specification knows, what helps. */
export function hintFor({ code }: CniError): string {
  const hints: Readonly<Record<number, string>> = {
    1: 'write a "cniVersion" into the configuration that all of its plugins know',
    2: 'leave that field out of the configuration',
    3: 'the plugin does not know the container: it is gone already',
    6: 'the plugin cannot read its configuration: look at the file',
    7: 'the configuration is wrong: look at the file',
    11: 'it is busy: try again',
  };
  return (
    (code === null ? undefined : hints[code]) ?? 'the words are the plugin’s own: its documents say what they mean'
  );
}

const longest = 500;

/** Of somebody else: for one line of a terminal. */
function quoted(text: string): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?')
    .trim();
  return line.length <= longest ? line : `${line.slice(0, longest)}...`;
}

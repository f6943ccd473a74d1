/** `--network` with `--ip`, `--mac-address`, `--network-alias`; and `-p`. */

import type { EndpointRequest } from '../../network/endpoint.ts';
import { defaultName, isNetworkName, type NetworkName } from '../../network/network-record.ts';
import type { PublishRequest } from '../../network/publish-request.ts';
import { parseIp } from '../../plan/ip-address.ts';
import { badValue, conflict, notYet, type OptionName } from './bad-value.ts';
import { splitCsv } from './csv.ts';
import type { CallerEnv } from './env.ts';
import { parseJoin } from './namespaces.ts';
import type { RunOptions } from './run-options.ts';
import type { CniRequest, NetworkRequest } from './run-request.ts';

/** Networks that are no bridge of ours, each with what it would be. */
const notBuilt: readonly (readonly [RegExp, string])[] = [
  [/^slirp4netns(:|$)|^pasta:/, 'an ordinary user’s way out is pasta, as it is'],
];

/**
 * The network of containers that ask for none: TSRUN_NETWORK; without it root's are on the bridge that everybody shares, and others
 * have pasta.
 */
export function defaultNetworkWord({ env, uid }: { readonly env: CallerEnv; readonly uid: number }): string {
  return env['TSRUN_NETWORK'] || (uid === 0 ? defaultName : 'pasta');
}

/**
 * @param otherwise the network when nobody asks for one
 * @throws TsrunError USAGE or NOT_YET
 */
export function parseNetwork(
  options: RunOptions,
  spell: (option: keyof RunOptions) => string,
  otherwise: string,
): NetworkRequest {
  const given = (typeof options.network === 'string' ? [options.network] : (options.network ?? [])).filter(
    (word) => word !== '',
  );
  const name = given.length > 0 ? spell('network') : 'TSRUN_NETWORK';
  const words = given.length > 0 ? given : [otherwise];
  const alone = words.find((word) => /^(none|host|pasta)$|^(container|ns|cni):/.test(word));
  if (alone !== undefined) {
    if (words.length > 1) {
      throw conflict(`${name} ${alone} goes with no other network`, 'it is all that there is', 'leave one out');
    }
    return parseAlone(alone, given.length > 0, name, options, spell);
  }
  const endpoints = words.map((word) => parseEndpoint(word, name));
  const [first, ...others] = endpoints;
  if (first === undefined) return 'none';
  const own: EndpointRequest = {
    network: first.network,
    ip: addressOption(options, 'ip', 4, spell) ?? first.ip,
    ip6: addressOption(options, 'ip6', 6, spell) ?? first.ip6,
    mac: options.macAddress === undefined ? first.mac : parseMac(options.macAddress, spell('macAddress')),
    aliases: [
      ...first.aliases,
      ...(options.networkAlias ?? []).map((alias) => parseAlias(alias, spell('networkAlias'))),
    ],
  };
  const twice = endpoints.find(({ network }, index) => endpoints.findIndex((each) => each.network === network) < index);
  if (twice !== undefined) {
    throw conflict(`${name} "${twice.network}" is given twice`, 'a container is on a network once', 'leave one out');
  }
  // A port or an address is asked for too.
  const demand = given.length > 0 || saidOfNetwork(options) !== undefined ? 'required' : 'best-effort';
  return { type: 'networks', endpoints: [own, ...others], demand };
}

/** A network that goes with no other. */
function parseAlone(
  word: string,
  isAsked: boolean,
  name: OptionName,
  options: RunOptions,
  spell: (option: keyof RunOptions) => string,
): NetworkRequest {
  if (word === 'pasta') {
    const said = saidOfNetwork(options);
    if (said !== undefined && said !== 'publish' && said !== 'publishAll') {
      throw conflict(`${spell(said)} cannot be had with pasta`, 'it takes over what the host has', 'leave it out');
    }
    return { type: 'pasta', demand: isAsked || said !== undefined ? 'required' : 'best-effort' };
  }
  if (word.startsWith('cni:')) return parseCni(word, name, options, spell);
  refuseWithout(options, spell, word);
  if (word === 'none' || word === 'host') return word;
  const join = parseJoin(word, name);
  if (join === null) throw new Error(`"${word}" was taken for a network that goes with no other`);
  return join;
}

function parseCni(
  word: string,
  name: OptionName,
  options: RunOptions,
  spell: (option: keyof RunOptions) => string,
): CniRequest {
  const configuration = word.slice('cni:'.length);
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(configuration))
    throw badValue(
      name,
      word,
      'it names no CNI network',
      'write the "name" of a configuration in /etc/cni/net.d: cni:NAME',
    );
  return {
    type: 'cni',
    name: configuration,
    ip: addressOption(options, 'ip', 4, spell),
    ip6: addressOption(options, 'ip6', 6, spell),
    mac: options.macAddress === undefined ? null : parseMac(options.macAddress, spell('macAddress')),
    aliases: (options.networkAlias ?? []).map((alias) => parseHostName(alias, spell('networkAlias'))),
    space: null,
  };
}

/** An option that makes sense with a network alone. */
const saidOfNetwork = (options: RunOptions): (typeof ofNetwork)[number] | undefined =>
  ofNetwork.find((key) => {
    const value = options[key];
    return value !== undefined && value !== false && (value === true || value.length > 0);
  });
const ofNetwork = ['ip', 'ip6', 'macAddress', 'networkAlias', 'publish', 'publishAll'] as const;

/** What says something of a network needs one. */
function refuseWithout(options: RunOptions, spell: (option: keyof RunOptions) => string, network: string): void {
  const said = saidOfNetwork(options);
  if (said === undefined) return;
  throw conflict(
    `${spell(said)} needs a network`,
    network === 'host'
      ? "with the host's network every port is the host's already"
      : network === 'none'
        ? 'without one there is only the loopback'
        : 'the namespace of somebody else is taken as it is',
    `add ${spell('network')} bridge`,
  );
}

function parseEndpoint(word: string, name: OptionName): EndpointRequest {
  for (const [pattern, why] of notBuilt) {
    if (pattern.test(word)) throw notYet(name, word, why, `use ${name} bridge, host or none`);
  }
  if (!word.includes('='))
    return { network: networkName(word, word, name), ip: null, ip6: null, mac: null, aliases: [] };
  const fields = splitCsv(word, name).map((field) => {
    const at = field.indexOf('=');
    return at < 0 ? ([field, ''] as const) : ([field.slice(0, at), field.slice(at + 1)] as const);
  });
  const of = (key: string): string | null => fields.find(([field]) => field === key)?.[1] ?? null;
  const unknown = fields.find(([key]) => !['name', 'ip', 'ip6', 'mac-address', 'alias'].includes(key));
  if (unknown !== undefined) {
    throw badValue(name, word, `"${unknown[0]}" is no part of it`, 'write for example name=web,alias=db,ip=10.80.0.5');
  }
  const [ip, ip6, mac] = [of('ip'), of('ip6'), of('mac-address')];
  return {
    network: networkName(of('name') ?? '', word, name),
    ip: ip === null ? null : parseAddress(ip, 4, name),
    ip6: ip6 === null ? null : parseAddress(ip6, 6, name),
    mac: mac === null ? null : parseMac(mac, name),
    aliases: fields.filter(([key]) => key === 'alias').map(([, alias]) => parseAlias(alias, name)),
  };
}

/** docker's `default` is the bridge that everybody shares. */
function networkName(network: string, value: string, name: OptionName): NetworkName {
  if (network === 'default') return defaultName;
  if (isNetworkName(network)) return network;
  throw badValue(
    name,
    value,
    `"${network}" is no name of a network: letters, digits, _ . - that begin with a letter or digit`,
    'use none, host, bridge or a name: tsrun network ls lists them',
  );
}

function addressOption(
  options: RunOptions,
  key: 'ip' | 'ip6',
  family: 4 | 6,
  spell: (option: keyof RunOptions) => string,
): string | null {
  const value = options[key];
  return value === undefined || value === '' ? null : parseAddress(value, family, spell(key));
}

/** @throws TsrunError USAGE */
export function parseAddress(text: string, family: 4 | 6, name: OptionName): string {
  if (parseIp(text)?.family === family) return text;
  throw badValue(
    name,
    text,
    `it is not an IPv${family} address`,
    `write for example ${family === 4 ? '10.80.0.5' : 'fd00::5'}`,
  );
}

/** @throws TsrunError USAGE */
export function parseMac(text: string, name: OptionName): string {
  // The lowest bit of the first byte is that of groups, which no interface can be.
  if (/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(text)) return text.toLowerCase();
  throw badValue(name, text, 'it is not the address of one Ethernet interface', 'write for example 02:42:ac:11:00:02');
}

/** @throws TsrunError USAGE */
export const parseAlias = (text: string, name: OptionName): string =>
  text.startsWith('*.') ? `*.${parseHostName(text.slice('*.'.length), name)}` : parseHostName(text, name);

function parseHostName(text: string, name: OptionName): string {
  if (/^[a-zA-Z0-9_]([\w.-]{0,61}[a-zA-Z0-9_])?$/.test(text)) return text;
  throw badValue(name, text, 'it is no name that a host can have', 'use letters, digits, - and dots: db-1');
}

const protocols = ['tcp', 'udp', 'sctp'] as const;

/**
 * `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`, ranges of ports on both sides, an IPv6 address in brackets.
 *
 * @example parsePublish('127.0.0.1:8080:80', '-p')
 * @throws TsrunError USAGE
 */
export function parsePublish(value: string, name: OptionName): readonly PublishRequest[] {
  const [, bracketed, dotted, host, container = '', word = 'tcp'] =
    /^(?:(?:\[([0-9a-fA-F:.]+)\]|(\d+(?:\.\d+)+)):)?(?:([\d-]*):)?([\d-]+)(?:\/(\w+))?$/.exec(value) ?? [];
  const address = bracketed ?? dotted;
  const bad = (why: string): Error =>
    badValue(name, value, why, 'write for example 8080:80, 127.0.0.1:5353:53/udp or 80');
  const protocol = protocols.find((each) => each === word.toLowerCase());
  if (protocol === undefined) throw bad(`"${word}" is no protocol: ${protocols.join(', ')}`);
  if (address !== undefined && parseIp(address) === null) throw bad(`"${address}" is no address`);
  const inside = portRange(container);
  if (inside === null) throw bad(container === '' ? 'it names no port' : `"${container}" is no port or range of ports`);
  const outside = host === undefined || host === '' ? null : portRange(host);
  if (outside === null && host !== undefined && host !== '') throw bad(`"${host}" is no port or range of ports`);
  if (outside !== null && outside.length !== inside.length) throw bad('the two ranges have different lengths');
  return inside.map((containerPort, index) => ({
    protocol,
    hostAddress: address ?? null,
    hostPort: outside?.[index] ?? null,
    containerPort,
  }));
}

function portRange(text: string): readonly number[] | null {
  const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || first < 1 || last > 65535 || last < first) return null;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

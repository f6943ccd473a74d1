/** Changes of the kernel's network for people: read out of the messages that were sent. */

import { formatIp, type IpAddress } from '../plan/ip-address.ts';
import { allSets } from './firewall.ts';
import { tableText } from './firewall-text.ts';
import { attributesOf, dataOf } from './netlink/answer.ts';
import { linkByIndex } from './netlink/bridge.ts';
import type { Attribute, NetlinkMessage } from './netlink/message.ts';
import type { NftType } from './netlink/nftables.ts';
import { askKernel } from './netlink/send.ts';
import type { Space } from './netlink/space.ts';
import type { Change } from './netlink/witness.ts';
import { senderSets } from './senders.ts';

export interface ChangeText {
  readonly headline: string;
  readonly details: readonly string[];
  readonly why: string;
  /** What a person would type. */
  readonly commands: readonly string[];
  readonly nanoseconds: number;
}

/** null: a question alone, or of a kind that says nothing to a person. */
export function changeText(change: Change): ChangeText | null {
  const text =
    change.type === 'setting'
      ? settingText(change)
      : change.type === 'namespace'
        ? namespaceText(change)
        : change.type === 'plugin'
          ? pluginText(change)
          : change.protocol === 'route'
            ? change.messages.map((message) => linkText(message, change.space)).find((found) => found !== null)
            : tableChangeText(change.messages);
  if (text === null || text === undefined) return null;
  const failure = change.type === 'messages' ? change.failure : null;
  const isThere = failure?.errno === eexist ? ' (it is there already)' : '';
  // In an anchor it is not the person's shell that could do it.
  const isHere = change.type !== 'messages' || change.space.type === 'own' || isOfCaller(change.space);
  const commands = isHere ? text.commands : [];
  return { ...text, commands, headline: `${text.headline}${isThere}`, nanoseconds: change.nanoseconds };
}

const isOfCaller = (space: Space): boolean => space.type === 'other' && space.users < 0;

type Text = Omit<ChangeText, 'nanoseconds'>;
const eexist = 17;

function settingText({ file, value }: Extract<Change, { readonly type: 'setting' }>): Text {
  const name = file.replace('/proc/sys/', '').replaceAll('/', '.');
  return {
    headline: `set ${name} to ${value}`,
    details: [],
    why: name.endsWith('route_localnet')
      ? 'for ports at 127.0.0.1 answers come back through the bridge; the chain "loopback" lets nothing else there'
      : 'what containers send goes on from here, and answers come back',
    commands: [`echo ${value} > ${file}`],
  };
}

const namespaceText = ({ file }: Extract<Change, { readonly type: 'namespace' }>): Text => ({
  headline: `make a network namespace, ${file}`,
  details: [],
  why: 'plugins connect it before there is a process in it, and are called once more after the last',
  commands: [`: > ${file}`, `unshare --net=${file} true`, `nsenter --net=${file} ip link set lo up`],
});

function pluginText({ program, verb, environment, input, output }: Extract<Change, { readonly type: 'plugin' }>): Text {
  const variables = Object.entries({ CNI_COMMAND: verb, ...environment }).map(([key, value]) => `${key}=${value}`);
  return {
    headline: `call the CNI plugin ${program}: ${verb}`,
    details: [`reads ${cut(oneLine(input))}`, `answers ${cut(oneLine(output))}`],
    why: 'the configuration of this network names it',
    commands: [`${variables.join(' ')} ${program} <<'JSON'`, oneLine(input), 'JSON'],
  };
}

/** All of it stands in `--explain=commands`. */
const cut = (text: string): string => (text.length <= 400 ? text : `${text.slice(0, 400)}...`);

const oneLine = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '?')
    .trim();

/** Numbers of rtnetlink(7). */
const link = { new: 16, delete: 17, address: 20 } as const;
const attribute = { mac: 1, name: 3, mtu: 4, info: 18, kind: 1, local: 2 } as const;

function linkText({ type, body, attributes }: NetlinkMessage, space: Space): Text | null {
  const name = textAt(attributes, attribute.name);
  if (type === link.new) {
    const kind = textAt(listAt(attributes, attribute.info), attribute.kind);
    const size = bytesAt(attributes, attribute.mtu);
    const mtu = size === null ? '' : ` mtu ${view(size).getUint32(0, isLittle)}`;
    if (kind === '') return null;
    const own = bytesAt(attributes, attribute.mac);
    const mac = own === null ? '' : ` address ${(Buffer.from(own).toString('hex').match(/../g) ?? []).join(':')}`;
    return {
      headline: `make the ${kind} ${name}${mtu === '' ? '' : `,${mtu}`}`,
      details: [],
      why:
        kind === 'bridge'
          ? 'a switch inside this machine: containers of one network are plugged into it'
          : 'containers of the network are connected by it',
      commands: [`ip link add dev ${name}${mac}${mtu} up type ${kind}`],
    };
  }
  if (type === link.delete) {
    return { headline: `remove ${name}`, details: [], why: 'nobody uses it', commands: [`ip link delete ${name}`] };
  }
  if (type !== link.address) return null;
  const address = `${ipOf(bytesAt(attributes, attribute.local) ?? new Uint8Array(4))}/${body[1]}`;
  const device = nameOf(view(body).getUint32(4, isLittle), space);
  return {
    headline: `give ${device} the address ${address}`,
    details: [],
    why: 'the host is its containers’ gateway, and finds them behind it',
    commands: [`ip address add ${address} dev ${device}`],
  };
}

function nameOf(index: number, space: Space): string {
  const [found] = dataOf(askKernel('route', [linkByIndex(index)], space));
  // struct ifinfomsg has sixteen bytes.
  const name = new Map(attributesOf(found?.payload.subarray(16) ?? Buffer.alloc(0))).get(attribute.name);
  return name?.toString().replace(/\0.*$/s, '') ?? `interface ${index}`;
}

/** Numbers of linux/netfilter/nf_tables.h, without the subsystem. */
const nft = { table: 0, deleteTable: 2, chain: 3, rule: 6, set: 9, elements: 12, deleteElements: 14 } as const;
const families: ReadonlyMap<number, 'inet' | 'bridge'> = new Map([
  [1, 'inet'],
  [7, 'bridge'],
]);

function tableChangeText(messages: readonly NetlinkMessage[]): Text | null {
  const of = (kind: number): readonly NetlinkMessage[] => messages.filter(({ type }) => (type & 0xff) === kind);
  const first = messages.find(({ attributes }) => attributes.length > 0);
  if (first === undefined) return null;
  const name = textAt(first.attributes, 1);
  const family = families.get(first.body[0] ?? 0) ?? 'inet';
  const place = `${family} ${name}`;
  const rows = [...of(nft.elements), ...of(nft.deleteElements)];
  const elementLines = rows.map(({ attributes }) => `${textAt(attributes, 2)}: ${elementsOf(attributes).join(', ')}`);
  const elementCommands = rows.map(({ type, attributes }) => {
    const verb = (type & 0xff) === nft.elements ? 'add' : 'delete';
    return `nft ${verb} element ${place} ${textAt(attributes, 2)} '{ ${elementsOf(attributes).join(', ')} }'`;
  });
  const why =
    family === 'bridge'
      ? `each container sends as itself alone: nft list table ${place}`
      : `who reaches containers, and whom they reach: nft list table ${place}`;
  if (of(nft.deleteTable).length > 0) {
    const commands = of(nft.deleteTable).map(
      ({ body, attributes }) => `nft delete table ${families.get(body[0] ?? 0) ?? 'inet'} ${textAt(attributes, 1)}`,
    );
    return { headline: `remove the rules, table ${place}`, details: [], why: 'nobody uses them', commands };
  }
  if (of(nft.table).length === 0) {
    if (rows.length === 0) return null;
    return { headline: `add to the sets of table ${place}`, details: elementLines, why, commands: elementCommands };
  }
  const rules = of(nft.rule);
  const chains = of(nft.chain).map(({ attributes }) => {
    const chain = textAt(attributes, 3);
    const count = rules.filter((rule) => textAt(rule.attributes, 2) === chain).length;
    return `chain ${chain}: ${counted(count, 'rule')}`;
  });
  return {
    headline: `make the rules, table ${place}: ${counted(of(nft.set).length, 'set')}, ${counted(chains.length, 'chain')}, ${counted(rules.length, 'rule')}`,
    details: [...chains, ...elementLines],
    why,
    commands: [
      ...(family === 'inet'
        ? ["nft -f - <<'RULES'", ...tableText({ family, name }), 'RULES']
        : [`# the rules of table ${place}: nft list table ${place}`]),
      ...elementCommands,
    ],
  };
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const setTypes: ReadonlyMap<string, { readonly key: readonly NftType[]; readonly data: readonly NftType[] }> = new Map(
  [...allSets, ...senderSets].map((set) => [set.name, set]),
);

/** As nft(8) writes them. */
function elementsOf(attributes: readonly Attribute[]): readonly string[] {
  const types = setTypes.get(textAt(attributes, 2)) ?? { key: [], data: [] };
  const elements = listAt(attributes, 3).map(([, value]) => value as readonly Attribute[]);
  const texts: string[] = [];
  for (const element of elements) {
    const key = bytesAt(listAt(element, 1), 1) ?? new Uint8Array(0);
    const data = bytesAt(listAt(element, 2), 1);
    const last = texts.at(-1);
    // An interval: here is the first that does not belong to it any more.
    if (bytesAt(element, 3) !== null && last !== undefined) texts[texts.length - 1] = `${last}-${before(key)}`;
    else
      texts.push(
        data === null ? valueText(key, types.key) : `${valueText(key, types.key)} : ${valueText(data, types.data)}`,
      );
  }
  return texts;
}

const sizes: Readonly<Record<NftType, number>> = {
  ipv4_addr: 4,
  ipv6_addr: 16,
  ether_addr: 6,
  inet_proto: 1,
  inet_service: 2,
  ifname: 16,
};
const protocols: ReadonlyMap<number, string> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [132, 'sctp'],
]);

function valueText(bytes: Uint8Array, types: readonly NftType[]): string {
  let at = 0;
  const parts: string[] = [];
  for (const type of types) {
    parts.push(partText(bytes.subarray(at, at + sizes[type]), type));
    at += Math.ceil(sizes[type] / 4) * 4;
  }
  return parts.join(' . ');
}

function partText(part: Uint8Array, type: NftType): string {
  switch (type) {
    case 'ifname':
      return `"${Buffer.from(part).toString().replace(/\0.*$/s, '')}"`;
    case 'ether_addr':
      return Buffer.from(part)
        .toString('hex')
        .replace(/..(?=.)/g, '$&:');
    case 'inet_proto':
      return protocols.get(part[0] ?? 0) ?? `${part[0]}`;
    case 'inet_service':
      return `${view(part).getUint16(0)}`;
    case 'ipv4_addr':
    case 'ipv6_addr':
      return ipOf(part);
  }
}

const addressOf = (bytes: Uint8Array): IpAddress => ({
  family: bytes.length === 4 ? 4 : 6,
  value: BigInt(`0x${Buffer.from(bytes).toString('hex')}`),
});
const ipOf = (bytes: Uint8Array): string => formatIp(addressOf(bytes));

function before(bytes: Uint8Array): string {
  const { family, value } = addressOf(bytes);
  return formatIp({ family, value: value - 1n });
}

const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const valueAt = (attributes: readonly Attribute[], type: number): Attribute[1] | null =>
  attributes.find(([each]) => each === type)?.[1] ?? null;

function listAt(attributes: readonly Attribute[], type: number): readonly Attribute[] {
  const value = valueAt(attributes, type);
  return Array.isArray(value) ? (value as readonly Attribute[]) : [];
}

function bytesAt(attributes: readonly Attribute[], type: number): Uint8Array | null {
  const value = valueAt(attributes, type);
  return value instanceof Uint8Array ? value : null;
}

function textAt(attributes: readonly Attribute[], type: number): string {
  const value = valueAt(attributes, type);
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString() : '';
}

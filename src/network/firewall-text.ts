/** The table of firewall.ts in the language of nft(8), for people and scripts; test/network compares the two. */
import type { NftTable } from './netlink/nftables.ts';

const families = [
  { ip: 'ip', nfproto: 'ipv4', type: 'ipv4_addr', number: 4 },
  { ip: 'ip6', nfproto: 'ipv6', type: 'ipv6_addr', number: 6 },
] as const;

const names = ['bridges', 'internal-bridges', 'opened'] as const;

const publishLines = families.flatMap(({ ip, nfproto, number }) => [
  `dnat ${ip} to ${ip} daddr . meta l4proto . th dport map @published${number}`,
  `meta nfproto ${nfproto} fib daddr type local dnat ${ip} to meta l4proto . th dport map @published${number}-anywhere`,
]);

const chains: readonly (readonly [name: string, hook: string, rules: readonly string[]])[] = [
  ['loopback', 'filter hook prerouting priority raw', ['iifname @bridges ip daddr 127.0.0.0/8 drop']],
  ['publish', 'nat hook prerouting priority dstnat', publishLines],
  ['publish-here', 'nat hook output priority -100', publishLines],
  [
    'forward',
    'filter hook forward priority filter',
    [
      'iifname @opened oifname != @bridges ct state ! established,related ct status ! dnat drop',
      'iifname . oifname @same-bridge accept',
      'iifname @bridges oifname @bridges drop',
      'iifname @internal-bridges drop',
      'oifname @internal-bridges drop',
      'oifname @bridges ct state established,related accept',
      'oifname @bridges ct status dnat accept',
      'oifname @bridges drop',
    ],
  ],
  [
    'way-out',
    'nat hook postrouting priority srcnat',
    [
      'oifname @bridges ip saddr 127.0.0.0/8 masquerade',
      ...families.flatMap(({ ip, number }) => [
        `oifname @bridges ct status dnat ${ip} saddr @subnets${number} masquerade`,
        `${ip} saddr @subnets${number} oifname != @bridges masquerade`,
      ]),
    ],
  ],
];

/** Lines for `nft -f`, without elements. */
export function tableText({ family, name }: NftTable): readonly string[] {
  return [
    `table ${family} ${name} {`,
    ...names.map((set) => `  set ${set} { type ifname; }`),
    '  set same-bridge { type ifname . ifname; }',
    ...families.flatMap(({ type, number }) => [
      `  set subnets${number} { type ${type}; flags interval; }`,
      `  map published${number} { type ${type} . inet_proto . inet_service : ${type} . inet_service; }`,
      `  map published${number}-anywhere { type inet_proto . inet_service : ${type} . inet_service; }`,
    ]),
    ...chains.flatMap(([chain, hook, rules]) => [
      `  chain ${chain} {`,
      `    type ${hook}; policy accept;`,
      ...rules.map((rule) => `    ${rule}`),
      '  }',
    ]),
    '}',
  ];
}

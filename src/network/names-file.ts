/** What the resolver of a network reads: who is on it, who may ask, and who is asked for the rest. native/resolve/names.cc is the other side. */

/** A network, as those on it see it. */
export interface NamesZone {
  readonly name: string;
  /** `10.0.0.0/24` */
  readonly subnets: readonly string[];
  readonly hosts: readonly NamesHost[];
}

export interface NamesHost {
  readonly addresses: readonly string[];
  /** Its own first; `*.name` is all that is below. */
  readonly names: readonly string[];
}

/** Who asks from these addresses. */
export interface NamesClient {
  readonly addresses: readonly string[];
  /** `inside`: nobody is asked for names of others. */
  readonly reach: 'outside' | 'inside';
  /** Those of {@link NamesFile.zones} that it is on. */
  readonly zones: readonly number[];
  /** Its own servers; none: those of the host. */
  readonly servers: readonly string[];
}

export interface NamesFile {
  /** Of the host: an address each, with the number of its interface behind a % where it needs one. */
  readonly servers: readonly string[];
  readonly zones: readonly NamesZone[];
  readonly clients: readonly NamesClient[];
}

export function encodeNames({ servers, zones, clients }: NamesFile): string {
  const lines = [
    'tsrun-names 1',
    ['server', ...servers].join(' '),
    ...zones.flatMap(({ name, subnets, hosts }) => [
      ['zone', name, ...subnets].join(' '),
      ...hosts.flatMap(({ addresses, names }) => addresses.map((address) => ['host', address, ...names].join(' '))),
    ]),
    ...clients.flatMap(({ addresses, reach, zones: seen, servers: own }) =>
      addresses.map((address) => ['client', address, reach, seen.join(','), ...own].join(' ')),
    ),
    // One that is cut short is not read.
    'end',
  ];
  return `${lines.join('\n')}\n`;
}

/** What the resolver says, message by message; it is fed by programs of containers, so also what nobody should send. */
import { describe, expect, it } from 'vitest';
import { addon } from '../../src/native/addon.ts';
import { encodeNames, type NamesFile } from '../../src/network/names-file.ts';
import {
  type DnsAnswer,
  header,
  opt,
  parseAnswer,
  type QueryOptions,
  query,
  question,
  type TypeName,
  types,
  u16,
  wireName,
} from '../support/dns-message.ts';

const rcode = { noError: 0, format: 1, server: 2, noName: 3, notImplemented: 4, refused: 5, badVersion: 16 };

const file: NamesFile = {
  servers: ['192.0.2.53'],
  zones: [
    {
      name: 'front',
      subnets: ['10.0.0.0/24', 'fd00::/64'],
      hosts: [
        { addresses: ['10.0.0.2', 'fd00::2'], names: ['web', 'www', '0123456789ab', '*.app.test'] },
        { addresses: ['10.0.0.3'], names: ['db', 'DB.internal', 'www'] },
      ],
    },
    { name: 'back', subnets: ['10.0.1.0/24'], hosts: [{ addresses: ['10.0.1.9'], names: ['cache'] }] },
    {
      name: 'crowd',
      subnets: ['10.1.0.0/16'],
      hosts: Array.from({ length: 5000 }, (_, n) => ({
        addresses: [`10.1.${n >> 8}.${n & 0xff}`],
        names: [`c${n}`, 'all', ...(n < 40 ? ['some'] : [])],
      })),
    },
  ],
  clients: [
    { addresses: ['10.0.0.2', 'fd00::2'], reach: 'outside', zones: [0, 1], servers: [] },
    { addresses: ['10.0.0.3'], reach: 'inside', zones: [0], servers: [] },
    { addresses: ['10.0.0.4'], reach: 'outside', zones: [0], servers: ['192.0.2.8', '192.0.2.9'] },
    { addresses: ['10.1.0.0'], reach: 'inside', zones: [2], servers: [] },
  ],
};
const names = encodeNames(file);
const web = '10.0.0.2';

const ask = (message: Buffer, client = web, transport: 'udp' | 'tcp' = 'udp', turn = 0): Buffer | number | null =>
  addon().answerQuestion(names, client, message, transport, turn);

function answer(name: string, type: TypeName, options: QueryOptions & { client?: string } = {}): DnsAnswer {
  const said = ask(query(name, type, options), options.client);
  if (!Buffer.isBuffer(said)) throw new Error(`no answer: ${said}`);
  return parseAnswer(said);
}
const records = (name: string, type: TypeName, client = web): readonly string[] | number => {
  const { rcode: code, records } = answer(name, type, { client });
  return code === rcode.noError ? records : code;
};

describe('names of a network', () => {
  it('have the addresses of their containers, whatever the case, and the question as it was asked', () => {
    expect(records('web', 'A')).toEqual(['A 10.0.0.2']);
    expect(records('web', 'AAAA')).toEqual(['AAAA fd00:0000:0000:0000:0000:0000:0000:0002']);
    expect(records('0123456789ab', 'A')).toEqual(['A 10.0.0.2']);
    expect(records('db.INTERNAL', 'A')).toEqual(['A 10.0.0.3']);
    expect(answer('wEb', 'A', { id: 0xbeef })).toMatchObject({ id: 0xbeef, question: 'wEb A', isTruncated: false });
    expect(records('cache', 'A')).toEqual(['A 10.0.1.9']);
  });

  it('have an answer without records where there is none of that type: they exist', () => {
    for (const type of ['AAAA', 'MX', 'HTTPS', 'SOA', 'NS'] as const) expect(records('db', type), type).toEqual([]);
  });

  it('of several containers have all their addresses, each first in its turn', () => {
    const first = (turn: number): readonly string[] =>
      parseAnswer(ask(query('www', 'A'), web, 'udp', turn) as Buffer).records;
    expect(first(0)).toEqual(['A 10.0.0.2', 'A 10.0.0.3']);
    expect(first(2).toSorted()).toEqual(first(0));
    expect(new Set([0, 1, 2].map((turn) => first(turn)[0])).size).toBe(2);
  });

  it('are found with the name of their network, and below a wildcard at any depth', () => {
    expect(records('web.front', 'A')).toEqual(['A 10.0.0.2']);
    expect(records('cache.back', 'A')).toEqual(['A 10.0.1.9']);
    expect(ask(query('web.back', 'A'))).toBe(1);
    expect(records('x.app.test', 'A')).toEqual(['A 10.0.0.2']);
    expect(records('y.x.app.test', 'A')).toEqual(['A 10.0.0.2']);
    expect(ask(query('app.test', 'A'))).toBe(1);
    expect(ask(query('xapp.test', 'A'))).toBe(1);
  });

  it('are seen by those on the network alone', () => {
    expect(records('cache', 'A', '10.0.0.3')).toBe(rcode.noName);
    expect(ask(query('cache', 'A'), '10.0.0.4')).toBe(2);
    expect(records('db', 'A', 'fd00::2')).toEqual(['A 10.0.0.3']);
    expect(() => ask(query('web', 'A'), '10.0.0.99')).toThrow('no client has this address');
  });

  it('are told apart from labels that look like several', () => {
    const odd = Buffer.concat([
      header(1, 0x100, [1, 0, 0, 0]),
      Buffer.of(11),
      Buffer.from('db.internal'),
      Buffer.of(0),
      u16(1, 1),
    ]);
    expect(ask(odd)).toBe(1);
    expect(
      ask(Buffer.concat([header(1, 0x100, [1, 0, 0, 0]), Buffer.of(4), Buffer.from('web\0'), Buffer.of(0), u16(1, 1)])),
    ).toBe(1);
  });
});

describe('addresses of a network', () => {
  it('have the name of their container and its network', () => {
    expect(records('2.0.0.10.in-addr.arpa', 'PTR')).toEqual(['PTR web.front']);
    expect(records('9.1.0.10.IN-ADDR.ARPA', 'PTR')).toEqual(['PTR cache.back']);
    const nibbles = `2.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`;
    expect(records(nibbles, 'PTR')).toEqual(['PTR web.front']);
    expect(records('2.0.0.10.in-addr.arpa', 'A')).toEqual([]);
  });

  it('that nobody has are nobody else’s either, and those of others are', () => {
    expect(records('77.0.0.10.in-addr.arpa', 'PTR')).toBe(rcode.noName);
    expect(records('9.1.0.10.in-addr.arpa', 'PTR', '10.0.0.3')).toBe(rcode.noName);
    expect(ask(query('9.1.0.10.in-addr.arpa', 'PTR'), '10.0.0.4')).toBe(2);
    for (const name of [
      '1.2.0.192.in-addr.arpa',
      '0.10.in-addr.arpa',
      '02.0.0.10.in-addr.arpa',
      '256.0.0.10.in-addr.arpa',
    ])
      expect(ask(query(name, 'PTR')), name).toBe(1);
  });
});

describe('names of others', () => {
  it('are asked of the host’s servers, or of the container’s own', () => {
    expect(ask(query('example.com', 'A'))).toBe(1);
    expect(ask(query('example.com', 'A'), '10.0.0.4')).toBe(2);
  });

  it('do not exist for who is on internal networks alone', () => {
    expect(records('example.com', 'A', '10.0.0.3')).toBe(rcode.noName);
  });

  it('go on as the question alone, with another id; what comes back is compared with it', () => {
    const native = addon();
    const asked = query('Example.com', 'A', { id: 7, edns: 4096 });
    const sent = native.forwardQuestion(asked, 0xabcd) as Buffer;
    expect(sent).toEqual(query('Example.com', 'A', { id: 0xabcd, edns: 1232 }));
    const plain = query('example.com', 'A', { id: 7 });
    expect(native.forwardQuestion(plain, 9)).toEqual(query('example.com', 'A', { id: 9 }));
    const record = Buffer.concat([u16(0xc00c, 1, 1, 0, 60, 4), Buffer.of(192, 0, 2, 1)]);
    const reply = (id: number, name: string, type: number): Buffer =>
      Buffer.concat([header(id, 0x8180, [1, 1, 0, 0]), question(name, type), record]);
    const passed = native.passOnAnswer(plain, 9, reply(9, 'EXAMPLE.com', 1), 'udp') as Buffer;
    expect(parseAnswer(passed)).toMatchObject({ id: 7, rcode: 0, records: ['A 192.0.2.1'] });
    expect(native.passOnAnswer(plain, 9, reply(8, 'example.com', 1), 'udp')).toBeNull();
    expect(native.passOnAnswer(plain, 9, reply(9, 'example.org', 1), 'udp')).toBeNull();
    expect(native.passOnAnswer(plain, 9, reply(9, 'example.com', 28), 'udp')).toBeNull();
    expect(native.passOnAnswer(plain, 9, query('example.com', 'A', { id: 9 }), 'udp')).toBeNull();
    expect(native.passOnAnswer(plain, 9, Buffer.alloc(12), 'udp')).toBeNull();
    const large = Buffer.concat([
      header(9, 0x8180, [1, 60, 0, 0]),
      question('example.com', 1),
      ...Array(60).fill(record),
    ]);
    const cut = native.passOnAnswer(plain, 9, large, 'udp') as Buffer;
    expect(parseAnswer(cut)).toMatchObject({ id: 7, isTruncated: true, records: [] });
    expect(native.passOnAnswer(plain, 9, large, 'tcp')).toHaveLength(large.length);
  });
});

describe('an answer that is too large', () => {
  const crowd = '10.1.0.0';
  it('has what fits into what who asks can take, and says that it is not all', () => {
    const plain = ask(query('some', 'A'), crowd) as Buffer;
    expect(plain.length).toBeLessThanOrEqual(512);
    expect(parseAnswer(plain)).toMatchObject({ isTruncated: true, edns: null });
    expect(parseAnswer(plain).records.length).toBeGreaterThan(25);
    const more = ask(query('some', 'A', { edns: 1000 }), crowd) as Buffer;
    expect(parseAnswer(more)).toMatchObject({ isTruncated: false, edns: { size: 1232, version: 0 } });
    expect(parseAnswer(more).records).toHaveLength(40);
    expect((ask(query('all', 'A', { edns: 65535 }), crowd) as Buffer).length).toBeLessThanOrEqual(1232);
  });

  it('is whole by TCP, up to what a message can be', () => {
    expect(parseAnswer(ask(query('some', 'A'), crowd, 'tcp') as Buffer).records).toHaveLength(40);
    const all = ask(query('all', 'A', { edns: 1232 }), crowd, 'tcp') as Buffer;
    expect(all.length).toBeLessThanOrEqual(65535);
    expect(parseAnswer(all).isTruncated).toBe(true);
    expect(parseAnswer(all).records.length).toBeGreaterThan(4000);
  });
});

describe('a message that is no question', () => {
  const said = (message: Buffer): number | null => {
    const bytes = ask(message);
    return bytes === null ? null : parseAnswer(bytes as Buffer).rcode;
  };
  const whole = question('web', types.A);

  it('is dropped where nobody waits: what is too short, and answers', () => {
    expect(said(Buffer.alloc(0))).toBeNull();
    expect(said(query('web', 'A').subarray(0, 11))).toBeNull();
    expect(said(query('web', 'A', { flags: 0x8180 }))).toBeNull();
  });

  it('is a format error with pointers, several questions, records in front, bytes left over, or cut short', () => {
    const bad: Readonly<Record<string, Buffer>> = {
      'a pointer': Buffer.concat([header(1, 0x100, [1, 0, 0, 0]), u16(0xc00c, 1, 1)]),
      'a pointer behind a label': Buffer.concat([header(1, 0x100, [1, 0, 0, 0]), Buffer.of(1, 97), u16(0xc00c, 1, 1)]),
      'a label of the old kind': Buffer.concat([header(1, 0x100, [1, 0, 0, 0]), Buffer.of(0x41, 1, 0), u16(1, 1)]),
      'no question': header(1, 0x100, [0, 0, 0, 0]),
      'two questions': Buffer.concat([header(1, 0x100, [2, 0, 0, 0]), whole, whole]),
      'an answer': Buffer.concat([header(1, 0x100, [1, 1, 0, 0]), whole, opt(512)]),
      'a byte left over': Buffer.concat([query('web', 'A'), Buffer.of(0)]),
      'a record that is not there': Buffer.concat([header(1, 0x100, [1, 0, 0, 1]), whole]),
      'a record that is cut short': Buffer.concat([header(1, 0x100, [1, 0, 0, 1]), whole, opt(512).subarray(0, 10)]),
      'data that is cut short': Buffer.concat([header(1, 0x100, [1, 0, 0, 1]), whole, opt(512).fill(9, 9, 11)]),
      'two of EDNS': Buffer.concat([header(1, 0x100, [1, 0, 0, 2]), whole, opt(512), opt(512)]),
      'EDNS of somebody': Buffer.concat([header(1, 0x100, [1, 0, 0, 1]), whole, wireName('a'), opt(512).subarray(1)]),
      'a name that is too long': Buffer.concat([
        header(1, 0x100, [1, 0, 0, 0]),
        question(Array(5).fill('a'.repeat(60)).join('.'), types.A),
      ]),
      'no class': query('web', 'A').subarray(0, -1),
    };
    for (const [what, message] of Object.entries(bad)) expect(said(message), what).toBe(rcode.format);
  });

  it('is refused for what a stub has not: another kind, class or version, and whole zones', () => {
    expect(said(query('web', 'A', { flags: 0x2900 }))).toBe(rcode.notImplemented);
    expect(said(query('version.bind', 'A', { class: 3 }))).toBe(rcode.refused);
    expect(said(query('web', 'AXFR'))).toBe(rcode.refused);
    expect(said(query('web', 'OPT'))).toBe(rcode.refused);
    expect(said(query('web', 'A', { edns: 1232, ednsVersion: 1 }))).toBe(rcode.badVersion);
  });

  it('of the longest name there may be is one', () => {
    const longest = [...Array(3).fill('a'.repeat(63)), 'b'.repeat(61)].join('.');
    expect(wireName(longest)).toHaveLength(255);
    expect(ask(query(longest, 'A', { edns: 512 }))).toBe(1);
  });
});

/** mulberry32: the same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

it('whatever is sent, what is said is a whole message that fits, about what was asked', () => {
  const small = encodeNames({ ...file, zones: file.zones.slice(0, 2), clients: file.clients.slice(0, 3) });
  const below = numbers(2026);
  const seeds = [
    query('web', 'A'),
    query('www', 'ANY', { edns: 4096 }),
    query('2.0.0.10.in-addr.arpa', 'PTR', { edns: 512 }),
    query(`2.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`, 'PTR'),
    query('y.x.app.test', 'AAAA'),
  ];
  const mutated = (): Buffer => {
    const bytes = Buffer.from(seeds[below(seeds.length)] ?? '');
    for (let changes = below(6); changes >= 0; changes--) bytes[below(bytes.length)] = below(256);
    const end = below(4) === 0 ? below(bytes.length + 1) : bytes.length;
    const more = below(8) === 0 ? Buffer.from(Array.from({ length: below(40) }, () => below(256))) : Buffer.alloc(0);
    return Buffer.concat([bytes.subarray(0, end), more]);
  };
  const random = (): Buffer => Buffer.from(Array.from({ length: below(80) }, () => below(256)));
  let answers = 0;
  for (let turn = 0; turn < 20_000; turn++) {
    const message = below(5) === 0 ? random() : mutated();
    const client = ['10.0.0.2', '10.0.0.3', '10.0.0.4'][below(3)] ?? '';
    const said = addon().answerQuestion(small, client, message, 'udp', turn);
    if (Buffer.isBuffer(said)) {
      answers++;
      expect(said.length).toBeLessThanOrEqual(1232);
      expect(parseAnswer(said).id).toBe(message.readUInt16BE(0));
    }
    const reply =
      below(2) === 0 ? mutated() : Buffer.concat([message.subarray(0, below(message.length + 1)), random()]);
    const passed = addon().passOnAnswer(message, below(2) === 0 ? 0x1234 : below(65536), reply, 'udp');
    if (passed !== null) expect(passed.length).toBeLessThanOrEqual(1232);
  }
  expect(answers).toBeGreaterThan(5000);
});

it('a file of names that is not whole is refused', () => {
  const small = encodeNames({ ...file, zones: file.zones.slice(0, 2), clients: file.clients.slice(0, 2) });
  const read = (text: string): void => void addon().answerQuestion(text, web, query('web', 'A'), 'udp', 0);
  read(small);
  for (let end = 0; end < small.length - 1; end++)
    expect(() => read(small.slice(0, end)), String(end)).toThrow('not whole');
  const broken = [
    'client 10.0.0.2 outside 7',
    'client 10.0.0.256 outside 0',
    'host 10.0.0 web',
    'zone a 10.0.0.0/33',
    'else',
  ];
  for (const line of broken) expect(() => read(small.replace('end\n', `${line}\nend\n`)), line).toThrow('not whole');
  const below = numbers(77);
  for (let turn = 0; turn < 5000; turn++) {
    const bytes = Buffer.from(small);
    for (let changes = below(4); changes >= 0; changes--) bytes[below(bytes.length)] = below(256);
    try {
      read(bytes.toString('latin1'));
    } catch (error) {
      expect((error as Error).message).toMatch(/not whole|no client/);
    }
  }
});

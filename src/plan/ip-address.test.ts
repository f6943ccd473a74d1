import { describe, expect, test } from 'vitest';
import { formatIp, ipBytes, parseIp } from './ip-address.ts';

describe('an address', () => {
  test.each([
    ['0.0.0.0', '0.0.0.0'],
    ['10.212.0.2', '10.212.0.2'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['fd00::', 'fd00::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is written %s', (text, canonical) => {
    const address = parseIp(text);
    expect(address).not.toBeNull();
    if (address !== null) expect(formatIp(address)).toBe(canonical);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    'a',
    ':',
    ':::',
    '1:2',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1.2.3',
    '1.2.3.4::',
    'fe80::1%eth0',
    '::g',
  ])('"%s" is none', (text) => expect(parseIp(text)).toBeNull());

  test('has the bytes that go over a network', () => {
    expect([...ipBytes({ family: 4, value: 0x0ad40002n })]).toEqual([10, 212, 0, 2]);
    expect(Buffer.from(ipBytes({ family: 6, value: (0xfd00n << 112n) | 0x102n })).toString('hex')).toBe(
      'fd000000000000000000000000000102',
    );
  });
});

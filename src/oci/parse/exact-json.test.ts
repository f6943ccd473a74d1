import { describe, expect, it } from 'vitest';
import { formatExactJson, parseExactJson } from './exact-json.ts';

describe('exact JSON', () => {
  it('has whole numbers of 64 bits with all their digits', () => {
    expect(parseExactJson('{"a":18446744073709551615,"b":[-9223372036854775808,9007199254740993]}')).toEqual({
      a: 18446744073709551615n,
      b: [-9223372036854775808n, 9007199254740993n],
    });
  });
  it('leaves what a double holds as it is', () => {
    expect(
      parseExactJson('[9007199254740991,0.12345678901234567890,1e30,12345678901234567890.5,1e-1234567890123456]'),
    ).toEqual([9007199254740991, 0.12345678901234568, 1e30, 12345678901234567000, 0]);
  });
  it('does not look into strings', () => {
    const text =
      '{"a":"x: 18446744073709551615","b":"\\",18446744073709551615","18446744073709551615":1,"c":18446744073709551614}';
    expect(parseExactJson(text)).toEqual({
      a: 'x: 18446744073709551615',
      b: '",18446744073709551615',
      '18446744073709551615': 1,
      c: 18446744073709551614n,
    });
  });
  it('is as strict as JSON', () => {
    for (const text of [
      '[012345678901234567890]',
      '[--12345678901234567890]',
      '[12345678901234567890',
      '[1 12345678901234567890]',
    ]) {
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
    }
  });
  it('reads what it writes', () => {
    const value = { a: 2n ** 64n - 1n, b: -(2n ** 63n), c: 'text 1', d: 5 };
    expect(formatExactJson(value)).toBe('{"a":18446744073709551615,"b":-9223372036854775808,"c":"text 1","d":5}');
    expect(parseExactJson(formatExactJson(value))).toEqual(value);
  });
  it('reads a string of ten megabytes', () => {
    const long = 'x\\"'.repeat(5_000_000);
    expect(parseExactJson(`["${long}",18446744073709551615]`)).toHaveLength(2);
  });
});

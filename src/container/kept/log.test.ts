import { expect, test } from 'vitest';
import { parseEntry } from './log.ts';

const time = '2026-01-02T03:04:05.678901234Z';
const entry = (text: string) => parseEntry(Buffer.from(text, 'latin1'));

test('an entry is its time, its stream and its bytes', () => {
  expect(entry(`${time} stdout F a b`)).toEqual({ time, stream: 'stdout', text: Buffer.from('a b'), whole: true });
  expect(entry(`${time} stderr P `)).toEqual({ time, stream: 'stderr', text: Buffer.alloc(0), whole: false });
  expect(entry(`${time} stdout F \xff`)?.text).toEqual(Buffer.from([0xff]));
});

test.each(['', 'nonsense', `${time} stdout X a`, `${time} other F a`, `2026 stdout F a`])('%j is none', (text) => {
  expect(entry(text)).toBeNull();
});

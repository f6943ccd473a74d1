import { expect, test } from 'vitest';
import { encodeEvent, maxLine, type NewEvent, parseEvent } from './event.ts';

const event: NewEvent = {
  type: 'container',
  action: 'die',
  id: 'ab12',
  attributes: { exitCode: '0', name: 'we"b\n', image: 'busybox' },
};
const now = Date.parse('2026-01-02T03:04:05.678Z');

test('an event comes back as it was written, its nanoseconds exactly', () => {
  expect(parseEvent(encodeEvent(event, now).trimEnd())).toEqual({ ...event, time: 1_767_323_045_678_000_000n });
  expect(parseEvent(encodeEvent(event, now).trimEnd().replace('678000000}', '678000001}'))?.time).toBe(
    1_767_323_045_678_000_001n,
  );
});

test('a line that others cut short does not take the next one along', () => {
  const line = encodeEvent(event, now).trimEnd();
  expect(parseEvent(line.slice(0, 30) + line)?.id).toBe('ab12');
  expect(parseEvent(line.slice(0, 60))).toBe(null);
  expect(parseEvent('')).toBe(null);
});

test('a line fits into one write: labels that do not are left out, the last first', () => {
  const labels = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`label${n}`, 'é'.repeat(100)]));
  const line = encodeEvent(
    { ...event, action: `exec_start: ${'x'.repeat(9000)}`, attributes: { name: 'web', ...labels } },
    now,
  );
  expect(Buffer.byteLength(line)).toBeLessThan(maxLine);
  const parsed = parseEvent(line.trimEnd());
  expect(Object.keys(parsed?.attributes ?? {}).slice(0, 3)).toEqual(['name', 'label0', 'label1']);
  expect(parsed?.attributes).not.toHaveProperty('label99');
});

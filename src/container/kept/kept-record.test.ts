import { expect, test } from 'vitest';
import { parseRunOptions } from '../request/parse-run-options.ts';
import { encodeKept, type KeptRecord, parseKept } from './kept-record.ts';

const request = parseRunOptions(
  {
    entrypoint: [],
    command: ['a', 'b'],
    ulimits: ['nofile=1024:-1'],
    labels: ['a=b'],
    memory: '64m',
    volumes: ['/srv:/srv:ro'],
    env: ['A=1'],
  },
  { spell: (option) => option, cwd: '/', uid: 1000, env: {}, readFile: () => Buffer.alloc(0) },
);

const record: KeptRecord = {
  created: '2026-01-02T03:04:05.678Z',
  image: { argument: `sha256:${'0'.repeat(64)}`, name: 'alpine:3', id: `sha256:${'0'.repeat(64)}` },
  command: ['a', 'b'],
  entrypoint: ['a'],
  user: '1000',
  stopSignal: 15,
  removal: 'by-hand',
  health: null,
  request: { ...request, time: { monotonic: -5n, boottime: 2n ** 60n } },
};

test('a kept container comes back as it was written, numbers beyond 2^53 too', () => {
  expect(parseKept(encodeKept(record))).toEqual(record);
  const hostile = { ...record, command: ['a,"request":{', '}\n', ',"request":'], entrypoint: [] };
  expect(parseKept(encodeKept(hostile))).toEqual(hostile);
});

test('what was cut short, or is of another version, is no record', () => {
  const text = encodeKept(record);
  // Without its last line break it is one of those that never had one.
  for (let end = 0; end < text.length - 1; end++) expect(parseKept(text.slice(0, end))).toBeNull();
  expect(parseKept(text.trimEnd())).toEqual(record);
  expect(parseKept(text.replace('"version":1', '"version":2'))).toBeNull();
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { saidBefore } from './said-once.ts';

const directory = mkdtempSync(join(tmpdir(), 'tsrun-said-'));
afterAll(() => rmSync(directory, { recursive: true }));
const paths = { store: directory, state: directory };

test('a sentence is new once, and another sentence is another', () => {
  expect(saidBefore(paths, 'pids.max is not in force')).toBe(false);
  expect(saidBefore(paths, 'pids.max is not in force')).toBe(true);
  expect(saidBefore(paths, 'device rules are not in force')).toBe(false);
});

test('a store that cannot be written is told again and nothing fails', () => {
  writeFileSync(join(directory, 'file'), '');
  const nowhere = { store: join(directory, 'file', 'store'), state: directory };
  expect(saidBefore(nowhere, 'x')).toBe(false);
  expect(saidBefore(nowhere, 'x')).toBe(false);
});

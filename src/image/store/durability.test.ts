import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { digestOfHex } from '../digest.ts';
import { isBelievable, type Moment, presentMoment, syncStore } from './durability.ts';
import { writeRecord } from './json-file.ts';
import { findLayer, layerName, layerPath, layerRecordPath, writeLayerRecord } from './layer-record.ts';
import { makeStore, storeLayout } from './layout.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tsrun-test-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let layout = storeLayout({ store: '', state: scratch });
beforeEach(() => {
  layout = storeLayout({ store: mkdtempSync(join(scratch, 'store-')), state: scratch });
  makeStore(layout);
});

const other = '11111111-2222-3333-4444-555555555555';
const earlier: Moment = { boot: other, at: '1000' };
/** As a sync of that boot leaves it. */
const synced = (until: string): void =>
  writeRecord(layout, join(layout.synced, `${other}.json`), { version: 1, until } as never);

test('what this boot wrote is believed', () => {
  expect(isBelievable(layout, presentMoment())).toBe(true);
});

test('what another boot wrote is believed only if a sync that began later has ended', () => {
  expect(isBelievable(layout, earlier)).toBe(false);
  synced('999');
  expect(isBelievable(layout, earlier)).toBe(false);
  synced('1000');
  expect(isBelievable(layout, earlier)).toBe(true);
});

test('a word of a sync that the power cut took is no word', () => {
  writeFileSync(join(layout.synced, `${other}.json`), '');
  expect(isBelievable(layout, earlier)).toBe(false);
});

test('a layer of another boot is found after a sync only, one from before moments were written always', () => {
  const chainId = digestOfHex('a'.repeat(64));
  const mapping = { type: 'host' } as const;
  const name = layerName(chainId, mapping);
  mkdirSync(layerPath(layout, name));
  const record = { version: 1, state: 'complete', chainId, diffId: chainId, mapping, bytes: 0, entries: 0 } as const;
  writeLayerRecord(layout, name, { ...record, written: earlier });
  expect(findLayer(layout, chainId, mapping)).toBeNull();
  synced('2000');
  expect(findLayer(layout, chainId, mapping)).toBe(layerPath(layout, name));
  writeRecord(layout, layerRecordPath(layout, name), record);
  expect(findLayer(layout, chainId, mapping)).toBe(layerPath(layout, name));
});

test('a sync leaves word for everything before it', async () => {
  const before = presentMoment();
  await syncStore(layout);
  const after = presentMoment();
  const [file] = readdirSync(layout.synced);
  expect(file).toBe(`${before.boot}.json`);
  // As the next boot would read it.
  const { until } = JSON.parse(readFileSync(join(layout.synced, file ?? ''), 'utf8')) as { until: string };
  expect(BigInt(until) >= BigInt(before.at) && BigInt(until) <= BigInt(after.at)).toBe(true);
});

test('a sync of a store that is gone leaves nothing', async () => {
  rmSync(layout.root, { recursive: true });
  await syncStore(layout);
  expect(existsSync(layout.root)).toBe(false);
});

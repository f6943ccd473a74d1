import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { digestOfHex } from '../digest.ts';
import { parseReference } from '../reference.ts';
import { type ArgumentChoice, recallArgument, rememberArgument } from './argument-cache.ts';
import { claimNames } from './claim-names.ts';
import { readRecord, writeRecord } from './json-file.ts';
import { layerName } from './layer-record.ts';
import { makeStore, storeLayout } from './layout.ts';
import { tryLock, tryLockExisting, unlock, waitLock } from './lock.ts';
import { listNames, readName } from './names.ts';
import { deadMarks, markPending } from './pending.ts';
import { Slots } from './slots.ts';
import { sweepStore } from './sweep.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tsrun-test-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let paths = { store: '', state: '' };
let layout = storeLayout(paths);
beforeEach(() => {
  paths = { store: mkdtempSync(join(scratch, 'store-')), state: scratch };
  layout = storeLayout(paths);
  makeStore(layout);
});
const id = (hex: string) => digestOfHex(hex.padEnd(64, '0'));
const never = new AbortController().signal;

describe('records', () => {
  const path = () => join(layout.images, 'x.json');

  test('are read back, and leave no temporary file', () => {
    writeRecord(layout, path(), { version: 1 });
    expect(readRecord(path(), 1, {})).toEqual({ version: 1 });
    expect(readdirSync(layout.temporary)).toEqual([]);
  });

  test.each(['', '{', 'null', '[]', '{"version":0}', '{}'])('that are damaged (%j) are as good as missing', (text) => {
    writeFileSync(path(), text);
    expect(readRecord(path(), 1, {})).toBeNull();
  });

  test('of a newer version are refused, not misread', () => {
    writeFileSync(path(), '{"version":2}');
    expect(() => readRecord(path(), 1, {})).toThrow(expect.objectContaining({ code: 'STORE' }));
  });

  test('are for their owner alone', () => {
    writeRecord(layout, path(), { version: 1 });
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(statSync(layout.images).mode & 0o777).toBe(0o700);
  });
});

describe('locks', () => {
  const path = () => join(layout.layers, 'x.lock');

  test('shared ones go together, an exclusive one alone', () => {
    const [a, b] = [tryLock(path(), 'shared'), tryLock(path(), 'shared')];
    expect(tryLock(path(), 'exclusive')).toBeNull();
    for (const fd of [a, b]) if (fd !== null) unlock(fd);
    const c = tryLock(path(), 'exclusive');
    expect(c).not.toBeNull();
    expect(tryLock(path(), 'shared')).toBeNull();
    if (c !== null) unlock(c);
  });

  test('waiting ends when the holder lets go', async () => {
    const held = tryLock(path(), 'exclusive');
    const waiting = waitLock(path(), 'shared', never);
    if (held !== null) unlock(held);
    unlock(await waiting);
  });

  test('waiting ends when the caller gives up', async () => {
    const held = tryLock(path(), 'exclusive');
    const stop = new AbortController();
    const waiting = waitLock(path(), 'shared', stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow(expect.objectContaining({ code: 'ABORTED' }));
    if (held !== null) unlock(held);
  });

  test('one on a file that was removed meanwhile is taken on the new file', () => {
    const old = tryLock(path(), 'exclusive');
    rmSync(path());
    const fresh = tryLock(path(), 'exclusive');
    expect(fresh).not.toBeNull();
    for (const fd of [old, fresh]) if (fd !== null) unlock(fd);
  });

  test('a file that must exist is not made', () => {
    expect(tryLockExisting(path(), 'shared')).toBe('missing');
    expect(existsSync(path())).toBe(false);
  });
});

describe('pending marks', () => {
  test('of the living are not dead, and go when done', () => {
    const mark = markPending(layout);
    expect(deadMarks(layout)).toEqual([]);
    mark.done();
    expect(readdirSync(layout.pending)).toEqual([]);
  });

  test('nothing pending: nothing is swept, whatever lies about', async () => {
    writeFileSync(join(layout.temporary, 'x'), '');
    expect(await sweepStore(paths)).toBe(false);
    expect(readdirSync(layout.temporary)).toEqual(['x']);
  });

  test('a store that does not exist needs no sweeping', async () => {
    expect(await sweepStore({ store: join(scratch, 'none'), state: scratch })).toBe(false);
  });

  test('a dead one brings the sweeper, which spares what is locked', async () => {
    writeFileSync(join(layout.pending, 'dead'), '');
    writeFileSync(join(layout.temporary, 'dead'), '');
    writeFileSync(join(layout.images, `${'a'.repeat(64)}.lock`), '');
    writeFileSync(join(layout.blobs, 'b'.repeat(64)), '{}');
    const alive = tryLock(join(layout.temporary, 'alive'), 'exclusive');
    claimNames(layout, id('c'), { names: [parseReference('gone')], policy: 'take', source: null });
    expect(await sweepStore(paths)).toBe(true);
    expect(readdirSync(layout.temporary)).toEqual(['alive']);
    expect(readdirSync(layout.images)).toEqual([]);
    expect(readdirSync(layout.blobs)).toEqual([]);
    expect(readdirSync(layout.pending)).toEqual([]);
    expect(listNames(layout)).toEqual([]);
    if (alive !== null) unlock(alive);
  });

  test('documents stay while somebody else is loading', async () => {
    writeFileSync(join(layout.pending, 'dead'), '');
    writeFileSync(join(layout.blobs, 'b'.repeat(64)), '{}');
    const mark = markPending(layout);
    await sweepStore(paths);
    expect(readdirSync(layout.blobs)).toHaveLength(1);
    mark.done();
  });
});

describe('names', () => {
  const name = parseReference('debian:12');
  const source = (path: string) => ({ path, selector: null });
  const claim = (hex: string, policy: 'take' | 'if-free', path: string) =>
    claimNames(layout, id(hex), { names: [name], policy, source: source(path) });
  const owner = () => readName(layout, name)?.id;

  test('running a file does not take a name from another image', () => {
    claim('a', 'take', '/debian.tar');
    claim('b', 'if-free', '/evil.tar');
    expect(owner()).toBe(id('a'));
  });

  test('running a file again that was built anew moves its name', () => {
    claim('a', 'if-free', '/app.tar');
    claim('b', 'if-free', '/app.tar');
    expect(owner()).toBe(id('b'));
  });

  test('loading moves the name', () => {
    claim('a', 'take', '/debian.tar');
    claim('b', 'take', '/other.tar');
    expect(owner()).toBe(id('b'));
  });
});

describe('what a file held', () => {
  const choice: ArgumentChoice = { selector: null, platform: null, id: id('a'), names: [] };
  const seen = (path: string, openedAtNs = BigInt(Date.now() + 60_000) * 1_000_000n) => {
    const stats = statSync(path, { bigint: true });
    return { before: stats, after: stats, openedAtNs };
  };
  const make = (): string => {
    const path = join(layout.root, 'image.tar');
    writeFileSync(path, 'x');
    return path;
  };
  const recall = (path: string, asked = choice) => recallArgument(layout, statSync(path, { bigint: true }), asked);

  test('is known while the file stays as it is', () => {
    const path = make();
    rememberArgument(layout, seen(path), choice);
    expect(recall(path)?.id).toBe(id('a'));
  });

  test('is kept for each selector and platform', () => {
    const path = make();
    const other = { ...choice, platform: 'linux/arm64', id: id('b') };
    rememberArgument(layout, seen(path), choice);
    rememberArgument(layout, seen(path), other);
    expect(recall(path)?.id).toBe(id('a'));
    expect(recall(path, other)?.id).toBe(id('b'));
    expect(recall(path, { ...choice, platform: 'linux/s390x' })).toBeNull();
  });

  test('is forgotten when the file changes, even with its size and mtime kept', () => {
    const path = make();
    const { mtime, atime } = statSync(path);
    rememberArgument(layout, seen(path), choice);
    writeFileSync(path, 'y');
    utimesSync(path, atime, mtime);
    expect(recall(path)).toBeNull();
  });

  test('is not remembered of a file written in the tick it was read in', () => {
    const path = make();
    const { ctimeNs } = statSync(path, { bigint: true });
    rememberArgument(layout, seen(path, ctimeNs + 1_000_000n), choice);
    expect(recall(path)).toBeNull();
  });

  test('is not remembered of a file that changed while it was read', () => {
    const path = make();
    const before = seen(path);
    writeFileSync(path, 'longer');
    rememberArgument(layout, { ...before, after: statSync(path, { bigint: true }) }, choice);
    expect(recall(path)).toBeNull();
  });
});

test('128 layer names and their colons fit into the page that mount(2) takes', () => {
  const name = layerName(id('a'), { type: 'host' });
  expect(name).toMatch(/^[a-z2-7]{16}$/);
  expect(128 * (name.length + 1)).toBeLessThan(4096 - 1024);
});

test('a layer has another name for other ids', () => {
  const maps = [{ container: 0, host: 100_000, size: 65_536 }];
  const mapped = layerName(id('a'), { type: 'new', uids: maps, gids: maps, writer: 'newidmap' });
  expect(mapped).not.toBe(layerName(id('a'), { type: 'host' }));
  expect(mapped).toBe(layerName(id('a'), { type: 'new', uids: maps, gids: maps, writer: 'direct' }));
});

test('slots let no more work run than there are, in order', async () => {
  const slots = new Slots(2);
  const log: string[] = [];
  const gates = new Map<string, () => void>();
  const work = (name: string) =>
    slots.run(async () => {
      log.push(name);
      await new Promise<void>((resolve) => gates.set(name, resolve));
    });
  const all = ['a', 'b', 'c'].map(work);
  await Promise.resolve();
  expect(log).toEqual(['a', 'b']);
  gates.get('b')?.();
  await all[1];
  await Promise.resolve();
  expect(log).toEqual(['a', 'b', 'c']);
  gates.get('a')?.();
  gates.get('c')?.();
  await Promise.all(all);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants, setPriority, userInfo } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect } from 'vitest';
import { noise } from '../../rootfs-fixtures/layers/compressed.ts';
import { archive, rawDirectory, rawFile, rawSymlink } from '../../rootfs-fixtures/layers/raw-tar.ts';
import { sha256 } from '../../src/image/digest.ts';
import type { Digest } from '../../src/image/image.ts';
import { applyLayer, removeTree } from '../../src/image/layer/apply-layer.ts';
import { makeHome } from '../support/home.ts';
import { applyOne, asLayerRoot, chunks, ownMapping, singleMapping } from '../support/layers.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

const needs = requires('subuid');
let count = 0;

/** A request in a directory of its own, which must be empty after a failure. */
function request(blob: AsyncIterable<Uint8Array>, diffId: Digest | null = null, signal = new AbortController().signal) {
  count += 1;
  const parent = join(home.path, `failing-${count}`);
  mkdirSync(parent);
  return {
    parent,
    request: {
      blob,
      diffId,
      target: join(parent, 'layer'),
      split: join(parent, 'split'),
      lower: Promise.resolve([]),
      mapping: ownMapping(),
      limits: { maxBytes: 1 << 20, maxEntries: 100 },
      signal,
    },
  };
}
async function fails(bytes: Buffer, expected: object, diffId: Digest | null = null): Promise<void> {
  const { parent, request: layer } = request(chunks(bytes), diffId);
  await expect(applyLayer(layer)).rejects.toMatchObject(expected);
  expect(readdirSync(parent)).toEqual([]);
}
/** Filesystems of a user namespace know no ids but its own. */
const smallMapping = process.getuid?.() === 0 ? ownMapping() : singleMapping();
const wrong = `sha256:${'0'.repeat(64)}` as Digest;
const file = archive(rawDirectory('d'), rawFile('d/f', 'content'));

describe('bad input gets a clear error and leaves nothing behind', () => {
  needs('a wrong diffID', async () => {
    await fails(file, { code: 'IMAGE_INVALID', message: 'a layer has the wrong content' }, wrong);
  });
  needs('a truncated archive', async () => {
    await fails(file.subarray(0, 1100), { code: 'IMAGE_INVALID', why: 'the archive is truncated' });
    await fails(file.subarray(0, 1536), { code: 'IMAGE_INVALID', message: 'cannot read the archive to its end' });
    await fails(Buffer.alloc(0), { code: 'IMAGE_INVALID', message: 'cannot read the archive to its end' });
  });
  needs('truncated gzip', async () => {
    const bytes = gzipSync(file);
    await fails(bytes.subarray(0, bytes.length - 4), {
      code: 'IMAGE_INVALID',
      message: 'cannot read the layer: truncated gzip data',
    });
  });
  needs('no archive at all', async () => {
    await fails(noise(5000), { code: 'IMAGE_INVALID', message: 'cannot read the layer' });
  });
  needs('a decompression bomb', async () => {
    const bomb = archive(rawFile('zeros', Buffer.alloc(10 << 20)));
    await fails(gzipSync(bomb), { code: 'IMAGE_TOO_LARGE' });
  });
  needs('more entries than allowed', async () => {
    const many = Array.from({ length: 101 }, (_, i) => rawFile(`f${i}`));
    await fails(archive(...many), { code: 'IMAGE_TOO_LARGE', why: 'it has more than 100 entries' });
  });
  needs('a file below a file', async () => {
    await fails(archive(rawFile('a', 'x'), rawFile('a/b', 'x')), {
      code: 'IMAGE_INVALID',
      message: 'cannot unpack the entry "a/b"',
      why: 'one of its parents is a file (ENOTDIR)',
    });
  });
  needs('symlinks that lead in circles', async () => {
    const loop = archive(rawSymlink('a', 'b'), rawSymlink('b', 'a'), rawFile('a/f', 'x'));
    await fails(loop, { code: 'IMAGE_INVALID', message: 'cannot unpack the entry "a/f"' });
  });
  needs('a source that breaks off', async () => {
    const cause = new Error('the connection was reset');
    async function* breaking(): AsyncGenerator<Buffer> {
      yield file.subarray(0, 700);
      throw cause;
    }
    const { parent, request: layer } = request(breaking());
    await expect(applyLayer(layer)).rejects.toBe(cause);
    expect(readdirSync(parent)).toEqual([]);
  });
  needs('lower layers that fail', async () => {
    const cause = new Error('a lower layer is damaged');
    const { parent, request: layer } = request(chunks(archive(rawFile('d/f', 'x'))));
    await expect(applyLayer({ ...layer, lower: Promise.reject(cause) })).rejects.toBe(cause);
    expect(readdirSync(parent)).toEqual([]);
  });
});

needs('a directory that is there already is left as it is', async () => {
  const { parent, request: layer } = request(chunks(file));
  mkdirSync(layer.target);
  writeFileSync(join(layer.target, 'mine'), 'mine');
  await expect(applyLayer(layer)).rejects.toMatchObject({ code: 'STORE', why: 'EEXIST' });
  expect(readFileSync(join(parent, 'layer', 'mine'), 'utf8')).toBe('mine');
});

needs('an abort stops a source that gives nothing, and leaves nothing', async () => {
  const abort = new AbortController();
  async function* stalled(): AsyncGenerator<Buffer> {
    yield file.subarray(0, 1024);
    abort.abort();
    await new Promise(() => {});
  }
  const { parent, request: layer } = request(stalled(), null, abort.signal);
  await expect(applyLayer(layer)).rejects.toMatchObject({ code: 'ABORTED' });
  expect(readdirSync(parent)).toEqual([]);
});

needs('a signal that has fired starts nothing', async () => {
  const { parent, request: layer } = request(chunks(file), null, AbortSignal.abort());
  await expect(applyLayer(layer)).rejects.toMatchObject({ code: 'ABORTED' });
  expect(readdirSync(parent)).toEqual([]);
});

needs('a full disk is named, with the file', async () => {
  const place = join(home.path, 'small');
  mkdirSync(place);
  // The small filesystem is in a mount namespace of its own, held by a process and reached through it.
  const steps = 'mount -t tmpfs -o size=512k,mode=700 tmpfs "$1"; echo ready; exec cat';
  const inside = ['--mount', 'sh', '-euc', steps, 'sh', place];
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const holder = spawn('unshare', [...user, ...inside], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(holder.stdout, 'data');
    const target = join(`/proc/${holder.pid}/root`, place, 'layer');
    const { request: layer } = request(chunks(archive(rawFile('large', noise(900_000)))));
    await expect(applyLayer({ ...layer, target, mapping: smallMapping })).rejects.toMatchObject({
      code: 'STORE',
      message: 'cannot write "large"',
      why: 'no space is left on the device (ENOSPC)',
    });
    expect(readdirSync(join(`/proc/${holder.pid}/root`, place))).toEqual([]);
  } finally {
    holder.stdin.end();
    await once(holder, 'exit');
  }
});

needs('an archive without end blocks is believed when its hash is known', async () => {
  // As umoci insert writes layers.
  const bare = file.subarray(0, file.length - 1024);
  const { request: layer } = request(chunks(bare), sha256(bare));
  await expect(applyLayer(layer)).resolves.toMatchObject({ entries: 2, bytes: 7 });
  await removeTree(layer.target, ownMapping());
});

/** The workbench that works for this process; null: none yet. */
function workbench(): number | null {
  const text = (path: string): string => {
    try {
      return readFileSync(path, 'latin1').trim();
    } catch {
      // Gone meanwhile.
      return '';
    }
  };
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    text(`/proc/self/task/${task}/children`).split(' '),
  );
  const found = children.find((child) => child !== '' && text(`/proc/${child}/comm`) === 'tsrun:workbench');
  return found === undefined ? null : Number(found);
}

describe('deleting', () => {
  needs('a tree with closed directories, odd names and deep nesting', async () => {
    const deep = Array.from({ length: 500 }, () => 'd').join('/');
    const bytes = archive(
      rawDirectory('closed', { mode: 0, uid: 5 }),
      rawFile('closed/f', 'x', { mode: 0 }),
      rawDirectory('\xff'),
      ...[100, 200, 300, 400, 500].map((depth) => rawFile(`p${depth}`, '', { prefix: deep.slice(0, 140) })),
    );
    const { target } = await applyOne(home.path, bytes);
    await removeTree(target, ownMapping());
    expect(readdirSync(home.path)).not.toContain(target.slice(home.path.length + 1));
  });
  requires('subuid', 'program-python3')('a tree of any depth', async () => {
    const tree = join(home.path, 'deep');
    const nest =
      'import os, sys; os.mkdir(sys.argv[1]); os.chdir(sys.argv[1])\nfor i in range(3000): os.mkdir("d"); os.chdir("d")';
    asLayerRoot(['python3', '-c', nest, tree]);
    await removeTree(tree, ownMapping());
    expect(readdirSync(home.path)).not.toContain('deep');
  });
  needs('symlinks are deleted, not followed', async () => {
    const canary = join(home.path, 'canary');
    mkdirSync(canary);
    writeFileSync(join(canary, 'f'), 'x');
    const { target } = await applyOne(home.path, archive(rawSymlink('out', canary)));
    await removeTree(target, ownMapping());
    expect(readdirSync(canary)).toEqual(['f']);
    const link = join(home.path, 'link');
    asLayerRoot(['ln', '-s', canary, link]);
    await removeTree(link, ownMapping());
    expect(readdirSync(canary)).toEqual(['f']);
    expect(readdirSync(home.path)).not.toContain('link');
  });
  needs('what was listed as a directory and is a symlink now is not followed', async () => {
    const [canary, tree] = [join(home.path, 'swap-canary'), join(home.path, 'swapped')];
    mkdirSync(canary);
    writeFileSync(join(canary, 'f'), 'x');
    // All of them are listed before the first one is emptied, and each takes a while.
    const children = Array.from({ length: 6 }, (_, n) => join(tree, `${n}`));
    const size = 3000;
    for (const child of children) {
      mkdirSync(child, { recursive: true });
      for (let n = 0; n < size; n++) closeSync(openSync(join(child, `${n}`), 'w'));
    }
    const removed = removeTree(tree, ownMapping());
    let remover = workbench();
    for (; remover === null; remover = workbench()) await new Promise((resolve) => setImmediate(resolve));
    // Slower than who watches it, and still while the link is made.
    setPriority(remover, constants.priority.PRIORITY_LOW);
    const isFull = (child: string): boolean => existsSync(child) && readdirSync(child).length === size;
    while (children.every(isFull)) await new Promise((resolve) => setImmediate(resolve));
    process.kill(remover, 'SIGSTOP');
    try {
      const [victim = ''] = children.filter(isFull);
      renameSync(victim, `${tree}-aside`);
      symlinkSync(canary, victim);
    } finally {
      process.kill(remover, 'SIGCONT');
    }
    await expect(removed).rejects.toMatchObject({ code: 'STORE' });
    expect(readdirSync(canary)).toEqual(['f']);
  });
  needs('what is mounted inside stays, and is an error', async () => {
    const place = join(home.path, 'mounted');
    mkdirSync(join(place, 'tree', 'mount'), { recursive: true });
    const steps = 'mount -t tmpfs tmpfs "$1/tree/mount"; : > "$1/tree/mount/kept"; echo ready; exec cat';
    const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const arguments_ = [...user, '--mount', 'sh', '-euc', steps, 'sh', place];
    const holder = spawn('unshare', arguments_, { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await once(holder.stdout, 'data');
      const tree = join(`/proc/${holder.pid}/root`, place, 'tree');
      await expect(removeTree(tree, smallMapping)).rejects.toMatchObject({
        code: 'STORE',
        why: 'something is mounted at or below "mount"',
      });
      expect(readdirSync(join(tree, 'mount'))).toEqual(['kept']);
    } finally {
      holder.stdin.end();
      await once(holder, 'exit');
    }
  });
  needs('what is not there counts as deleted', async () => {
    await removeTree(join(home.path, 'not', 'there'), ownMapping());
    await removeTree(join(home.path, 'not-there'), ownMapping());
  });
});

needs('the workbench dies with the process that started it, and never believes an early end', async () => {
  const parent = join(home.path, 'orphan');
  mkdirSync(parent);
  const built = join(import.meta.dirname, '..', '..', 'build', 'Release');
  const [helper, addon] = [join(built, 'tsrun-init'), join(built, 'tsrun.node')];
  // The starter hangs up after one file, without the end of the stream.
  const script = `const { spawn } = require('node:child_process');
    const { fd } = require(process.argv[4]).createSharedMemory(4096);
    const child = spawn(process.argv[1], ['workbench', 'apply', String(process.pid), process.argv[3], process.argv[2]], { stdio: ['pipe', 'inherit', 'inherit', 'pipe', fd] });
    child.stdin.write(Buffer.from('5453524c02000000', 'hex'));
    console.error(child.pid);
    setInterval(() => {}, 1000);`;
  const { uid, gid } = userInfo();
  const mapping = uid === 0 ? 'host' : `single:0-${uid}-1:0-${gid}-1`;
  const starter = spawn(process.execPath, ['-e', script, helper, join(parent, 'layer'), mapping, addon], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const replies: Buffer[] = [];
  starter.stdout.on('data', (bytes: Buffer) => replies.push(bytes));
  await once(starter.stderr, 'data');
  starter.kill('SIGKILL');
  // Standard output closes when the last process that holds it is gone.
  await once(starter.stdout, 'close');
  // "Done" is 17 bytes long and of kind 1.
  expect(Buffer.concat(replies).includes(Buffer.from([17, 0, 0, 0, 1]))).toBe(false);
});

needs('the workbench stops in the middle of its work when the process that started it dies', async () => {
  const tree = join(home.path, 'half-removed');
  for (let directory = 0; directory < 6; directory++) {
    mkdirSync(join(tree, `${directory}`), { recursive: true });
    for (let n = 0; n < 4000; n++) closeSync(openSync(join(tree, `${directory}`, `${n}`), 'w'));
  }
  const filesIn = (directory: string): number => {
    try {
      return readdirSync(directory).length;
    } catch {
      // Just removed.
      return 0;
    }
  };
  const count = (): number => [0, 1, 2, 3, 4, 5].reduce((sum, n) => sum + filesIn(join(tree, `${n}`)), 0);
  const helper = join(import.meta.dirname, '..', '..', 'build', 'Release', 'tsrun-init');
  const { uid, gid } = userInfo();
  const mapping = uid === 0 ? 'host' : `single:0-${uid}-1:0-${gid}-1`;
  // Nothing reads or closes its input: only its parent's death tells it. Slower than who watches it.
  const script = `require('node:child_process').spawn('nice', ['-n', '19', process.argv[1],
    'workbench', 'remove', String(process.pid), process.argv[3], process.argv[2]], { stdio: [0, 1, 2, 'pipe', 0] });
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ['-e', script, helper, tree, mapping], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  while (count() === 24_000) await new Promise((resolve) => setImmediate(resolve));
  starter.kill('SIGKILL');
  starter.stdout.resume();
  await once(starter.stdout, 'close');
  expect(count()).toBeGreaterThan(0);
});

/** What tests of layers share: unpacking as whoever runs the test, and reading the outcome. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type AppliedLayer, applyLayer } from '../../src/image/layer/apply-layer.ts';
import { compressionOf } from '../../src/image/layer/decompress.ts';
import { rebuildTar } from '../../src/image/layer/split/rebuild-tar.ts';
import type { UserNamespace } from '../../src/plan/host-facts.ts';
import { missing } from './needs.ts';

const isRoot = process.getuid?.() === 0;

/** The first range of the caller in /etc/subuid or /etc/subgid. */
function range(file: string): { readonly start: number; readonly size: number } {
  const { username, uid } = userInfo();
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${username}:`) || text.startsWith(`${uid}:`));
  const [, start, size] = (line ?? '').split(':').map(Number);
  if (start === undefined || size === undefined) throw new Error(`${username} has no range in ${file}`);
  return { start, size };
}

/** One id only, as where newuidmap is missing. */
export function singleMapping(): UserNamespace {
  const { uid, gid } = userInfo();
  const only = (id: number) => [{ container: 0, host: id, size: 1 }];
  return { type: 'new', writer: 'single', uids: only(uid), gids: only(gid) };
}

/** What tsrun would use for whoever runs the tests. */
export function ownMapping(): UserNamespace {
  if (isRoot) return { type: 'host' };
  if (missing('subuid') !== null) return singleMapping();
  const { uid, gid } = userInfo();
  const [uids, gids] = [range('/etc/subuid'), range('/etc/subgid')];
  return {
    type: 'new',
    writer: 'newidmap',
    uids: [
      { container: 0, host: uid, size: 1 },
      { container: 1, host: uids.start, size: uids.size },
    ],
    gids: [
      { container: 0, host: gid, size: 1 },
      { container: 1, host: gids.start, size: gids.size },
    ],
  };
}

/** Runs a program as root of the namespace that owns the caller's layers. */
export function asLayerRoot(command: readonly string[], input: Buffer = Buffer.alloc(0)): Buffer {
  const inside = ['unshare', '--user', '--map-root-user', ...(missing('subuid') === null ? ['--map-auto'] : []), '--'];
  const [program = '', ...args] = isRoot ? command : [...inside, ...command];
  const { status, stdout, stderr, error } = spawnSync(program, args, { input, maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(`${command.join(' ')}: ${error?.message ?? stderr.toString()}`);
  return stdout;
}

/** One file as list-tree.py describes it. */
export interface ListedFile {
  readonly type: 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds. */
  readonly mtime: string;
  readonly target?: string;
  readonly device?: readonly [number, number];
  readonly size?: number;
  readonly sha256?: string;
  readonly sparse?: boolean;
  readonly link?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** Everything below `path`, by byte string; '.' is the root. */
export function listTree(path: string): Readonly<Record<string, ListedFile>> {
  const script = join(import.meta.dirname, 'list-tree.py');
  return JSON.parse(asLayerRoot(['python3', script, path]).toString()) as Readonly<Record<string, ListedFile>>;
}

/** Bytes as a source of chunks. */
export async function* chunks(bytes: Buffer, size = 1 << 16): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Unpacks layers over one another below `directory`; returns their directories, bottom first. */
export async function applyAll(directory: string, layers: readonly Buffer[]): Promise<readonly string[]> {
  const done: string[] = [];
  for (const bytes of layers) done.push((await applyOne(directory, bytes, done.toReversed())).target);
  return done;
}

/** The archive of an unpacked layer, from its files and the split beside it. */
export async function rebuilt(target: string, mapping: UserNamespace = ownMapping()): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const { signal } = new AbortController();
  const onFault = (fault: unknown): never => {
    throw new Error(`the archive cannot be written again: ${JSON.stringify(fault)}`);
  };
  const request = { directory: target, split: `${target}.split`, mapping, signal, onFault };
  for await (const piece of rebuildTar(request)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Unpacks one layer over `lower`, topmost first. Whatever it is, its archive must come out of it again. */
export async function applyOne(
  directory: string,
  bytes: Buffer,
  lower: readonly string[] = [],
  mapping: UserNamespace = ownMapping(),
): Promise<{ readonly target: string; readonly layer: AppliedLayer }> {
  const target = join(directory, `layer-${randomUUID()}`);
  const layer = await applyLayer({
    blob: chunks(bytes),
    diffId: null,
    target,
    split: `${target}.split`,
    lower: Promise.resolve(lower),
    mapping,
    limits: { maxBytes: 2 ** 30, maxEntries: 100_000 },
    signal: new AbortController().signal,
  });
  if (compressionOf(bytes) === 'none' && !(await rebuilt(target, mapping)).equals(bytes)) {
    throw new Error('the archive that was written again is another one');
  }
  return { target, layer };
}

/** What a container would see of layers (bottom first): listed through a read-only overlay in a mount namespace of its own. */
export function listMerged(directory: string, layers: readonly string[]): Readonly<Record<string, ListedFile>> {
  const [empty, mountPoint] = [join(directory, 'empty'), join(directory, 'merged')];
  for (const path of [empty, mountPoint]) mkdirSync(path, { recursive: true });
  // overlayfs wants two lower directories at least; an empty one at the bottom changes nothing.
  const options = [`lowerdir=${[...layers.toReversed(), empty].join(':')}`, ...(isRoot ? [] : ['userxattr'])];
  const script = join(import.meta.dirname, 'list-tree.py');
  const steps = 'mount -t overlay overlay -o "$1" "$2"; exec python3 "$3" "$2"';
  const command = ['unshare', '--mount', 'sh', '-euc', steps, 'sh', options.join(','), mountPoint, script];
  return JSON.parse(asLayerRoot(command).toString()) as Readonly<Record<string, ListedFile>>;
}

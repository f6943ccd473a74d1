/** `copyIn`, `copyOut`, `diff`: the files of a container. */
import type { Writable } from 'node:stream';
import * as files from '../container/files/copy.ts';
import { diff as diffOf } from '../container/files/diff.ts';
import { type Abortable, signalOf } from './abort.ts';
import { now, type Stored } from './stored.ts';

/** How files are copied. */
export interface CopyOptions extends Abortable {
  /** Keeps the owners, instead of giving the files to root inside or to whoever copies outside. Default: false. */
  readonly archive?: boolean;
  /** Copies what a symbolic link at the source leads to. Default: false. */
  readonly followLink?: boolean;
  /** Bytes of the archive so far. */
  readonly onProgress?: (bytes: number) => void;
}

/** What was copied. */
export interface CopyResult {
  /** Of the archive that files are copied as. */
  readonly bytes: number;
  /** Device nodes that were not copied: towards the host without `archive`, and where the kernel makes none. */
  readonly leftOutDevices: number;
  /** Extended attributes that cannot be set there. */
  readonly leftOutXattrs: number;
}

/** A file that a container changed of its image. */
export interface FileChange {
  /** Added, changed (or something below it), deleted. */
  readonly kind: 'A' | 'C' | 'D';
  /** Absolute, read as UTF-8. */
  readonly path: string;
  /** The path as it is: a name is any bytes. */
  readonly pathBytes: Buffer;
}

const contextOf = (stored: Stored, options: CopyOptions): files.CopyContext => ({
  paths: stored.paths,
  signal: signalOf(options),
  onProgress: options.onProgress ?? (() => {}),
});

const howOf = ({ archive = false, followLink = false }: CopyOptions): files.CopyHow => ({
  owners: archive ? 'kept' : 'given',
  link: followLink ? 'target' : 'itself',
});

export async function copyIn(
  stored: Stored,
  source: string | AsyncIterable<Uint8Array>,
  destination: string,
  options: CopyOptions,
): Promise<CopyResult> {
  const context = contextOf(stored, options);
  const container = now(stored);
  if (typeof source !== 'string') return await files.extractInto(container, source, destination, context);
  return await files.copyIn(container, { path: source, cwd: process.cwd() }, destination, howOf(options), context);
}

export async function copyOut(
  stored: Stored,
  source: string,
  destination: string | Writable,
  options: CopyOptions,
): Promise<CopyResult> {
  const context = contextOf(stored, options);
  const container = now(stored);
  const how = howOf(options);
  if (typeof destination === 'string') {
    return await files.copyOut(container, source, { path: destination, cwd: process.cwd() }, how, context);
  }
  const bytes = await files.archiveThrough(container, source, how.link, destination, context);
  return { bytes, leftOutDevices: 0, leftOutXattrs: 0 };
}

export async function diff(stored: Stored, options: Abortable): Promise<readonly FileChange[]> {
  const changes = await diffOf(now(stored), { paths: stored.paths, signal: signalOf(options) });
  return changes.map(({ kind, path }) => {
    const pathBytes = Buffer.from(path, 'latin1');
    return { kind, path: pathBytes.toString('utf8'), pathBytes };
  });
}

/** Small JSON files that are either the old or the new text, never half of it, whoever is killed when. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { addon } from '../../native/addon.ts';
import { isDigest } from '../digest.ts';
import type { StoreLayout } from './layout.ts';
import { isSystemError, storeError } from './store-error.ts';

/** Every record of the store carries the version of its shape. */
export interface Versioned {
  readonly version: number;
}

/**
 * Replaces a file by new contents: written beside, then renamed. No fsync: after a power cut the kernel may show an older or an
 * empty record, which reads as missing, and the image is unpacked again (durability.ts).
 */
export function writeAtomically(layout: StoreLayout, path: string, contents: string | Uint8Array): void {
  try {
    for (;;) {
      const temporary = join(layout.temporary, randomBytes(8).toString('hex'));
      const fd = openSync(temporary, 'wx', 0o600);
      try {
        // The lock tells a sweeper that the writer lives; whoever sweeps in the instant before it makes the rename fail.
        if (!addon().flock(fd, 'exclusive')) continue;
        writeFileSync(fd, contents);
        renameSync(temporary, path);
        return;
      } catch (error) {
        if (isSystemError(error) && error.code === 'ENOENT') continue;
        rmSync(temporary, { force: true });
        throw error;
      } finally {
        closeSync(fd);
      }
    }
  } catch (error) {
    throw storeError(`cannot write "${path}"`, error);
  }
}

/** Writes a record, atomically. */
export const writeRecord = (layout: StoreLayout, path: string, record: Versioned): void =>
  writeAtomically(layout, path, `${JSON.stringify(record)}\n`);

/** What a record needs to have: a disk that loses bits may leave JSON. */
export type Shape<T> = Partial<Record<keyof T, 'string' | 'number' | 'list' | 'object' | 'digest'>>;

function has(value: object, shape: Shape<object>): boolean {
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.entries(shape).every(([key, kind]) => {
    const field = fields[key];
    if (kind === 'list') return Array.isArray(field);
    if (kind === 'digest') return typeof field === 'string' && isDigest(field);
    return typeof field === kind && field !== null;
  });
}

/**
 * Reads a record of our own; null when it is missing, empty or damaged.
 *
 * @throws TsrunError STORE when a newer tsrun wrote it, or the file cannot be read
 */
export function readRecord<T extends Versioned>(path: string, version: T['version'], shape: Shape<T>): T | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return null;
    throw storeError(`cannot read "${path}"`, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('version' in value)) return null;
  if (typeof value.version === 'number' && value.version > version) {
    throw new TsrunError('STORE', `cannot read "${path}"`, {
      why: `it has version ${value.version}, this tsrun knows ${version}`,
      hint: 'a newer tsrun wrote this store: use that one, or another store with --store',
    });
  }
  return value.version === version && has(value, shape) ? (value as T) : null;
}

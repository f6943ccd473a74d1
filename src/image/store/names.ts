/** Names of stored images: one small file each, so that two commands that name different images never wait for one another. */
import { join } from 'node:path';
import { sha256Hex } from '../../native/sha256.ts';
import type { Digest } from '../image.ts';
import type { Reference } from '../reference.ts';
import { recordNames } from './image-record.ts';
import { readRecord, writeRecord } from './json-file.ts';
import type { StoreLayout } from './layout.ts';
import { unlinkIfThere } from './pending.ts';

export interface NameRecord {
  readonly version: 1;
  readonly name: Reference;
  readonly id: Digest;
  /** Absolute path of the file that brought the name; null for standard input. */
  readonly source: string | null;
}

/** The file name is a hash because a name may be longer than NAME_MAX and has slashes. */
const namePath = (layout: StoreLayout, name: Reference): string =>
  join(layout.names, `${sha256Hex(name).slice(0, 32)}.json`);

/** null: it is not there, or damaged. */
export const readNameFile = (path: string): NameRecord | null =>
  readRecord<NameRecord>(path, 1, { name: 'string', id: 'digest' });

export function readName(layout: StoreLayout, name: Reference): NameRecord | null {
  const record = readNameFile(namePath(layout, name));
  return record?.name === name ? record : null;
}

export const writeName = (layout: StoreLayout, record: NameRecord): void =>
  writeRecord(layout, namePath(layout, record.name), record);

export const removeName = (layout: StoreLayout, name: Reference): void => unlinkIfThere(namePath(layout, name));

/** The file of each name, damaged ones too. */
export const listNameFiles = (layout: StoreLayout): readonly string[] =>
  recordNames(layout.names).map((file) => join(layout.names, `${file}.json`));

/** All names, sorted. */
export function listNames(layout: StoreLayout): readonly NameRecord[] {
  return listNameFiles(layout)
    .flatMap((path) => readNameFile(path) ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

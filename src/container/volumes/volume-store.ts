/** Volumes as they are on disk: `volumes/NAME/` with the record, and below `_data` the files. Reading only. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../../errors/nearest.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { volumePlace } from '../request/driver-options.ts';
import type { VolumeName } from '../request/run-request.ts';
import { parseVolumeRecord, type VolumeRecord } from './volume-record.ts';

export interface Volume {
  readonly name: VolumeName;
  /** Its directory. */
  readonly path: string;
  readonly record: VolumeRecord;
}

export const recordName = 'volume.json';
export const dataName = '_data';
/** A copy of an image's files on its way; it is no copy yet. */
export const unfinishedCopyName = '_copying';
/** A whole one, whose files are being moved to `_data`. */
export const copyName = '_copy';

export const volumesDirectory = (paths: Paths): string => join(paths.store, 'volumes');
export const volumePath = (paths: Paths, name: VolumeName): string => join(volumesDirectory(paths), name);

/** Where its files are when it has no options that say otherwise; docker's `Mountpoint`. */
export const dataPath = ({ path }: Pick<Volume, 'path'>): string => join(path, dataName);

/** Host path of what is mounted. */
export function sourceOf(volume: Volume): string {
  const place = volumePlace(volume.record.options);
  return place.type === 'own' ? dataPath(volume) : place.device;
}

/** null: there is none, or one that was never finished. */
export function readVolume(paths: Paths, name: VolumeName): Volume | null {
  const path = volumePath(paths, name);
  let text: string;
  try {
    text = readFileSync(join(path, recordName), 'utf8');
  } catch {
    return null;
  }
  const record = parseVolumeRecord(text);
  return record === null ? null : { name, path, record };
}

/** Of every volume that has a directory, also one in the making or half removed. */
export function listVolumeNames(paths: Paths): readonly VolumeName[] {
  try {
    return readdirSync(volumesDirectory(paths)) as VolumeName[];
  } catch {
    // No store yet.
    return [];
  }
}

/** All of them, by name. */
export const listVolumes = (paths: Paths): readonly Volume[] =>
  listVolumeNames(paths)
    .toSorted()
    .flatMap((name) => readVolume(paths, name) ?? []);

/** @throws TsrunError VOLUME_NOT_FOUND */
export function findVolume(paths: Paths, word: string): Volume {
  const found = /^[a-zA-Z0-9][\w.-]*$/.test(word) ? readVolume(paths, word as VolumeName) : null;
  if (found !== null) return found;
  const names = listVolumes(paths).map(({ name }) => name);
  const close = nearest(word, names);
  throw new TsrunError('VOLUME_NOT_FOUND', `no such volume: ${word}`, {
    why: names.length === 0 ? 'there are no volumes' : 'no volume has that name',
    hint: close === null ? 'tsrun volume ls lists them' : `did you mean "${close}"?`,
  });
}

/** Makes a volume. The record comes last: a directory without one is what a killed maker or remover left, and is no volume. */
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import type { VolumeName } from '../request/run-request.ts';
import { removeFiles } from './remove-volume.ts';
import { volumeEvent } from './volume-events.ts';
import type { LockedVolume } from './volume-lock.ts';
import type { VolumeRecord } from './volume-record.ts';
import { dataName, readVolume, recordName, type Volume } from './volume-store.ts';

/** What a volume is made with when there is none of the name. */
export interface VolumeToMake {
  readonly name: VolumeName;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

/**
 * The volume of this name, made if there is none.
 *
 * @throws TsrunError VOLUME_EXISTS when there is one with other options than those that are asked for
 */
export async function ensureVolume(paths: Paths, locked: LockedVolume, wanted: VolumeToMake): Promise<Volume> {
  const found = readVolume(paths, locked.name);
  if (found !== null) return withOptions(found, wanted);
  const { name, path } = locked;
  await removeFiles(path);
  const data = join(path, dataName);
  mkdirSync(data);
  // The users of the container read it, whatever the caller's umask.
  chmodSync(data, 0o755);
  const record: VolumeRecord = {
    version: 1,
    created: new Date().toISOString(),
    labels: wanted.labels,
    options: wanted.options,
  };
  const unnamed = join(path, `.${recordName}`);
  writeFileSync(unnamed, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(unnamed, join(path, recordName));
  volumeEvent(paths, name, 'create');
  return { name, path, record };
}

function withOptions(found: Volume, { options }: VolumeToMake): Volume {
  const { record, name } = found;
  const differs = (key: string): boolean => record.options[key] !== options[key];
  const asked = Object.keys(options);
  if (asked.length === 0 || ![...asked, ...Object.keys(record.options)].some(differs)) return found;
  throw new TsrunError('VOLUME_EXISTS', `cannot use the name "${name}"`, {
    why: 'a volume of that name exists, and has other options',
    hint: `choose another name, or look at it: tsrun volume inspect ${name}`,
  });
}

/** Makes the volumes of a container, and copies into empty ones what the image has there. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../../host/paths.ts';
import type { ReadyImage } from '../../image/image.ts';
import { copyFromImage } from '../../image/layer/copy-from-image.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { VolumeUse } from '../container-record.ts';
import { volumePlace } from '../request/driver-options.ts';
import type { ChosenVolume } from './choose-volumes.ts';
import { ensureVolume } from './make-volume.ts';
import { lockVolume } from './volume-lock.ts';
import { anonymousLabel } from './volume-record.ts';
import { copyName, dataPath, type Volume } from './volume-store.ts';

export interface VolumeContext {
  readonly paths: Paths;
  readonly signal: AbortSignal;
  readonly userns: UserNamespace;
}

/** The container's record, which names them, has been written: nobody removes them from here on. */
export async function prepareVolumes(
  volumes: readonly ChosenVolume[],
  image: ReadyImage,
  { paths, signal, userns }: VolumeContext,
): Promise<void> {
  const layers = image.type === 'layers' ? image.layers : [image.path];
  for (const wanted of volumes) {
    using locked = await lockVolume(paths, wanted.name, signal);
    const volume = await ensureVolume(paths, locked, wanted);
    if (wanted.copyFrom === null || volumePlace(volume.record.options).type !== 'own') continue;
    if (!mayBeEmpty(volume) && !existsSync(join(volume.path, copyName))) continue;
    await copyFromImage({ volume: volume.path, source: wanted.copyFrom, layers, mapping: userns });
  }
}

/** For a container that has been made: what is missing was taken away by hand, and is made empty. */
export async function restoreVolumes(
  volumes: readonly VolumeUse[],
  { paths, signal, userns }: VolumeContext,
): Promise<void> {
  for (const { name, kind } of volumes) {
    using locked = await lockVolume(paths, name, signal);
    const labels: Readonly<Record<string, string>> = kind === 'named' ? {} : { [anonymousLabel]: '' };
    const { path } = await ensureVolume(paths, locked, { name, labels, options: {} });
    if (existsSync(join(path, copyName))) {
      await copyFromImage({ volume: path, source: '/', layers: [], mapping: userns });
    }
  }
}

function mayBeEmpty(volume: Volume): boolean {
  try {
    return readdirSync(dataPath(volume)).length === 0;
  } catch {
    // It belongs to an id inside, who lets nobody look; the workbench may.
    return true;
  }
}

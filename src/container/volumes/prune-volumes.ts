/** Removes volumes that no container has. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { pruneEvent } from '../../events/event.ts';
import { recordEvents } from '../../events/record-events.ts';
import type { Paths } from '../../host/paths.ts';
import { sweep } from '../sweep.ts';
import { measureVolume } from './measure-volume.ts';
import { removeVolume, sweepVolumes } from './remove-volume.ts';
import { listVolumes, type Volume } from './volume-store.ts';
import { usedVolumes } from './volume-uses.ts';

export interface PrunedVolumes {
  readonly names: readonly string[];
  /** Bytes of their files. */
  readonly freed: number;
}

/** @param isMeant which of those that no container has */
export async function pruneVolumes(paths: Paths, isMeant: (volume: Volume) => boolean): Promise<PrunedVolumes> {
  await sweep(paths);
  await sweepVolumes(paths);
  const used = usedVolumes(paths);
  const names: string[] = [];
  let freed = 0;
  for (const volume of listVolumes(paths)) {
    if (used.has(volume.name) || !isMeant(volume)) continue;
    const bytes = await measureVolume(volume);
    try {
      await removeVolume(paths, volume);
    } catch (error) {
      // Somebody made a container with it meanwhile.
      if (error instanceof TsrunError && error.code === 'VOLUME_IN_USE') continue;
      throw error;
    }
    names.push(volume.name);
    freed += bytes;
  }
  recordEvents(paths.state, [pruneEvent('volume', freed)]);
  return { names, freed };
}

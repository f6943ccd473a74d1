/** Which containers have which volumes: from the containers' records, so that there is nothing to be inconsistent with. */
import { join } from 'node:path';
import type { Paths } from '../../host/paths.ts';
import { containersDirectory, listContainerIds, readRecord } from '../container-directory.ts';
import type { VolumeUse } from '../container-record.ts';
import type { VolumeName } from '../request/run-request.ts';

const usesOf = (paths: Paths, id: string): readonly VolumeUse[] =>
  readRecord(join(containersDirectory(paths), id))?.volumes ?? [];

/** Ids of the containers that have this volume. */
export const containersWith = (paths: Paths, volume: VolumeName): readonly string[] =>
  listContainerIds(paths).filter((id) => usesOf(paths, id).some(({ name }) => name === volume));

/** Every volume that some container has. */
export const usedVolumes = (paths: Paths): ReadonlySet<VolumeName> =>
  new Set(listContainerIds(paths).flatMap((id) => usesOf(paths, id).map(({ name }) => name)));

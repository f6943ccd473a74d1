/** Whether a container has volumes at all. Few do, and for the others nothing of this folder is loaded but this file. */
import type { Paths } from '../../host/paths.ts';
import type { ImageConfig } from '../../image/image.ts';
import type { RunRequest } from '../request/run-request.ts';
import type { ChosenVolumes } from './choose-volumes.ts';

/** The request with its volumes chosen. Makes none of them. */
export async function withVolumes(
  request: RunRequest,
  image: Pick<ImageConfig, 'volumes'>,
  paths: Paths,
): Promise<ChosenVolumes> {
  const wanted = request.mounts.some(({ type }) => type === 'volume' || type === 'chosen-volume');
  if (!wanted && request.volumesFrom.length === 0 && image.volumes.length === 0) {
    return { request, volumes: [], uses: [] };
  }
  const { chooseVolumes } = await import('./choose-volumes.ts');
  return chooseVolumes(request, image, paths);
}

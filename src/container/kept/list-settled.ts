/** What `sweep` and {@link listKept} do, in one look at each container: `ps` of many should not read every file twice. */
import type { Paths } from '../../host/paths.ts';
import { listContainerIds } from '../container-directory.ts';
import { sweepContainer } from '../remove-container.ts';
import { sweepImages } from '../sweep.ts';
import { type KeptContainer, needsSettling, readKept } from './kept-container.ts';

/** All kept containers, the newest first, after what killed processes left of them was cleared away. */
export async function listSettled(paths: Paths): Promise<readonly KeptContainer[]> {
  const found: KeptContainer[] = [];
  for (const id of listContainerIds(paths)) {
    const container = readKept(paths, id);
    if (container !== null && !needsSettling(container)) found.push(container);
    else if (!(await sweepContainer(paths, id))) add(found, readKept(paths, id));
  }
  await sweepImages(paths);
  return found.toSorted((one, other) => (one.kept.created < other.kept.created ? 1 : -1));
}

function add(found: KeptContainer[], container: KeptContainer | null): void {
  if (container !== null) found.push(container);
}

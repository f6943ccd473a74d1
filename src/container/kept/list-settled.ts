/** What `sweep` and {@link listKept} do, in one look at each container: `ps` of many should not read every file twice. */
import type { Paths } from '../../host/paths.ts';
import { listContainerIds } from '../container-directory.ts';
import { sweepContainer } from '../remove-container.ts';
import { sweepRest } from '../sweep.ts';
import { type KeptContainer, needsSettling, readKept } from './kept-container.ts';
import { newestFirst, readEach } from './list-kept.ts';

/** All kept containers, the newest first, after what killed processes left of them was cleared away. */
export async function listSettled(paths: Paths): Promise<readonly KeptContainer[]> {
  const found: KeptContainer[] = [];
  const ids = listContainerIds(paths);
  const containers = readEach(paths, ids);
  for (const [at, id] of ids.entries()) {
    const container = containers[at] ?? null;
    if (container !== null && !needsSettling(container)) found.push(container);
    else if (!(await sweepContainer(paths, id))) add(found, readKept(paths, id));
  }
  await sweepRest(paths);
  return newestFirst(found);
}

function add(found: KeptContainer[], container: KeptContainer | null): void {
  if (container !== null) found.push(container);
}

/** All kept containers. */
import type { Paths } from '../../host/paths.ts';
import { containersDirectory, listContainerIds } from '../container-directory.ts';
import { glanceAt } from './glance.ts';
import { type KeptContainer, readKept } from './kept-container.ts';

/** {@link readKept} of each of these, in the same order: hundreds cost little more than a few. */
export function readEach(paths: Paths, ids: readonly string[]): readonly (KeptContainer | null)[] {
  const directory = containersDirectory(paths);
  const seen = glanceAt(ids.map((id) => `${directory}/${id}`));
  return ids.map((id, at) => seen[at] ?? readKept(paths, id));
}

/** The newest first. */
export const listKept = (paths: Paths): readonly KeptContainer[] =>
  newestFirst(readEach(paths, listContainerIds(paths)).filter((container) => container !== null));

export const newestFirst = (containers: readonly KeptContainer[]): readonly KeptContainer[] =>
  containers.toSorted((one, other) => (one.kept.created < other.kept.created ? 1 : -1));

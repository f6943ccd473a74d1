/** Containers that are there already. */
import { findKept } from '../container/kept/find-kept.ts';
import { listKept } from '../container/kept/list-kept.ts';
import { sweep } from '../container/sweep.ts';
import { containerObject } from './container-objects.ts';
import { inWords } from './in-words.ts';
import { type PlaceOptions, pathsOf } from './places.ts';
import type { AnyContainer } from './states.ts';
import { storedOf } from './stored.ts';

/**
 * Finds a container that `tsrun` or a program made, running or not.
 *
 * @param nameOrId its name, its id, or the beginning of its id
 * @throws TsrunError CONTAINER_NOT_FOUND, CONTAINER_AMBIGUOUS
 * @example
 * const web = await open('web');
 * if (web.state === 'exited' && web.exit.type === 'seen') console.log(web.exit.exitCode);
 */
export async function open(nameOrId: string, places: PlaceOptions = {}): Promise<AnyContainer> {
  const paths = pathsOf(places);
  const found = findKept(paths, nameOrId);
  return containerObject(storedOf(paths, found, 'found'), found);
}

/**
 * All containers, running or not, the newest first. What killed processes left is cleared away before.
 *
 * @example
 * for (const container of await list()) if (container.state === 'running') await container.stop();
 */
export async function list(places: PlaceOptions = {}): Promise<readonly AnyContainer[]> {
  const paths = pathsOf(places);
  await inWords(paths, () => sweep(paths));
  return listKept(paths).map((found) => containerObject(storedOf(paths, found, 'found'), found));
}

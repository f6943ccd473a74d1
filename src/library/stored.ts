/** The container behind an object: found anew at each call. */
import { actorOf, type KeptContainer, readKept } from '../container/kept/kept-container.ts';
import { removeKept } from '../container/kept/remove-kept.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';

export interface Stored {
  readonly paths: Paths;
  readonly id: string;
  readonly name: string;
  /** Whose it is to remove. */
  readonly origin: 'created-here' | 'found';
}

export const storedOf = (paths: Paths, found: KeptContainer, origin: Stored['origin']): Stored => ({
  paths,
  id: found.id,
  name: actorOf(found).name,
  origin,
});

/** @throws TsrunError CONTAINER_NOT_FOUND */
export function now({ paths, id, name }: Stored): KeptContainer {
  const container = readKept(paths, id);
  if (container !== null) return container;
  throw new TsrunError('CONTAINER_NOT_FOUND', `no such container: ${name}`, { why: 'it was removed' });
}

/**
 * @param verb as in "cannot start container"
 * @throws TsrunError CONTAINER_STATE when it is in another state than the object was made for, CONTAINER_NOT_FOUND
 */
export function stillIn(stored: Stored, state: KeptContainer['state']['status'], verb: string): KeptContainer {
  const container = now(stored);
  if (container.state.status === state) return container;
  throw new TsrunError('CONTAINER_STATE', `cannot ${verb} container "${stored.name}" by this object`, {
    why: `the object stands for a container that is ${state}, and it is ${container.state.status} now`,
    hint: 'use the object that the last change of its state gave, or open it again',
  });
}

/** Removes what this process made; one that has gone is fine. */
export async function dispose({ paths, id, origin }: Stored): Promise<void> {
  if (origin === 'found') return;
  const container = readKept(paths, id);
  if (container === null) return;
  try {
    await removeKept(paths, container, { running: 'end', extent: 'anonymous-volumes-too' });
  } catch (error) {
    if (!(error instanceof TsrunError && error.code === 'CONTAINER_NOT_FOUND')) throw error;
  }
}

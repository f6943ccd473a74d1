/** `tsrun rmi`. */
import { TsrunError } from '../errors/tsrun-error.ts';
import { recordEvents } from '../events/record-events.ts';
import type { Paths } from '../host/paths.ts';
import type { Digest } from './image.ts';
import { goneEvents, imageEvent } from './image-events.ts';
import { notStored } from './not-found.ts';
import { familiarNameAmong, type Reference } from './reference.ts';
import { findStored } from './store/find-stored.ts';
import { forgetImage } from './store/forget-image.ts';
import { freeLayers, listLayers } from './store/free-layers.ts';
import { type StoreLayout, storeLayout } from './store/layout.ts';
import { listNames, type NameRecord, removeName } from './store/names.ts';
import { markPending } from './store/pending.ts';
import { tidyStore } from './store/tidy.ts';

/**
 * Removes a name, and with its last name the image and the layers that no other image has. By its id, an image with one name
 * at most is removed; `force` removes it with all its names.
 *
 * @param usedBy names of containers that are made from an image, running or not
 * @returns a line for each thing that was removed
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, IMAGE_IN_USE
 */
export async function removeImage(
  paths: Paths,
  reference: string,
  { force, usedBy }: { readonly force: boolean; readonly usedBy: (id: Digest) => readonly string[] },
): Promise<readonly string[]> {
  const layout = storeLayout(paths);
  await tidyStore(paths);
  const found = findStored(layout, reference);
  if (found === null) throw notStored(layout, reference, 'remove');
  const all = listNames(layout);
  const names = all.filter(({ id }) => id === found.id);
  const shown = (name: Reference): string =>
    familiarNameAmong(
      name,
      all.map((record) => record.name),
    );
  const listed = (records: readonly NameRecord[]): string => records.map(({ name }) => shown(name)).join(', ');
  const [typed] = found.names;
  const kept = names.filter(({ name }) => name !== typed);
  if (typed !== undefined && kept.length > 0 && !force) {
    removeName(layout, typed);
    recordEvents(paths.state, [imageEvent('untag', found.id, shown(typed))]);
    return [`Untagged: ${shown(typed)} (the image is still ${listed(kept)})`];
  }
  if (typed === undefined && names.length > 1 && !force) {
    throw new TsrunError('IMAGE_IN_USE', `cannot remove the image "${reference}"`, {
      why: `it has ${names.length} names: ${listed(names)}`,
      hint: '"--force" removes all of them',
    });
  }
  await withMark(layout, async () => {
    const users = forgetImage(layout, found.id, usedBy);
    if (users !== null) throw inUse(reference, users);
    await freeLayers(layout, listLayers(layout));
  });
  const gone = names.map(({ name }) => shown(name));
  recordEvents(paths.state, goneEvents(found.id, gone));
  return [...gone.map((name) => `Untagged: ${name}`), `Deleted: ${found.id}`];
}

function inUse(reference: string, [user]: readonly string[]): TsrunError {
  return new TsrunError('IMAGE_IN_USE', `cannot remove the image "${reference}"`, {
    why: user === undefined ? 'a container or another command uses it' : `container "${user}" was made from it`,
    hint: user === undefined ? 'stop the container first' : `remove the container first: tsrun rm ${user}`,
  });
}

async function withMark(layout: StoreLayout, work: () => Promise<void>): Promise<void> {
  const mark = markPending(layout);
  try {
    await work();
  } finally {
    mark.done();
  }
}

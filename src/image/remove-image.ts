/** `tsrun rmi`. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
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
 * @returns a line for each thing that was removed
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, IMAGE_IN_USE
 */
export async function removeImage(
  paths: Paths,
  reference: string,
  { force }: { readonly force: boolean },
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
    return [`Untagged: ${shown(typed)} (the image is still ${listed(kept)})`];
  }
  if (typed === undefined && names.length > 1 && !force) {
    throw new TsrunError('IMAGE_IN_USE', `cannot remove the image "${reference}"`, {
      why: `it has ${names.length} names: ${listed(names)}`,
      hint: '"--force" removes all of them',
    });
  }
  await withMark(layout, async () => {
    if (!forgetImage(layout, found.id)) {
      throw new TsrunError('IMAGE_IN_USE', `cannot remove the image "${reference}"`, {
        why: 'a container or another command uses it',
        hint: 'stop the container first',
      });
    }
    await freeLayers(layout, listLayers(layout));
  });
  return [...names.map(({ name }) => `Untagged: ${shown(name)}`), `Deleted: ${found.id}`];
}

async function withMark(layout: StoreLayout, work: () => Promise<void>): Promise<void> {
  const mark = markPending(layout);
  try {
    await work();
  } finally {
    mark.done();
  }
}

/** Removes images that nobody uses, and what they alone take up. */
import { pruneEvent } from '../events/event.ts';
import { recordEvents } from '../events/record-events.ts';
import type { Paths } from '../host/paths.ts';
import type { Digest } from './image.ts';
import { goneEvents } from './image-events.ts';
import { type ImageSummary, listImages } from './list-images.ts';
import { forgetImage } from './store/forget-image.ts';
import { freeLayers, listLayers } from './store/free-layers.ts';
import { readImageRecord } from './store/image-record.ts';
import { storeLayout } from './store/layout.ts';
import { listNames } from './store/names.ts';
import { markPending } from './store/pending.ts';

export interface PrunedImages {
  readonly images: readonly ImageSummary[];
  /** Bytes of unpacked layers. */
  readonly freed: number;
}

/**
 * @param which `dangling`: those without a name; `unused`: also those with one
 * @param usedBy names of containers that are made from an image, running or not
 * @param isMeant which of them
 */
export async function pruneImages(
  paths: Paths,
  which: 'dangling' | 'unused',
  usedBy: (id: Digest) => readonly string[],
  isMeant: (image: ImageSummary) => boolean,
): Promise<PrunedImages> {
  const layout = storeLayout(paths);
  const candidates = (await listImages(paths)).filter(isMeant);
  // Nothing was ever stored.
  if (candidates.length === 0 && listLayers(layout).length === 0) return { images: [], freed: 0 };
  const mark = markPending(layout);
  try {
    // Asked under the lock of the image: it may have been given a name a moment ago.
    const holders = (id: Digest): readonly string[] =>
      which === 'dangling' && listNames(layout).some((name) => name.id === id) ? ['its name'] : usedBy(id);
    const images = candidates.filter(
      ({ id }) => forgetImage(layout, id, holders) === null && readImageRecord(layout, id) === null,
    );
    const freed = await freeLayers(layout, listLayers(layout));
    const gone = images.flatMap(({ id, names }) => goneEvents(id, names));
    recordEvents(paths.state, [...gone, pruneEvent('image', freed)]);
    return { images, freed };
  } finally {
    mark.done();
  }
}

/** `tsrun tag`. */
import { recordEvents } from '../events/record-events.ts';
import type { Paths } from '../host/paths.ts';
import { imageEvent } from './image-events.ts';
import { familiarName, type Reference } from './reference.ts';
import { chooseStored } from './save/chosen-image.ts';
import { storeLayout } from './store/layout.ts';
import { writeName } from './store/names.ts';

/**
 * Gives a stored image one more name, taken from the image that has it.
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, STORE
 */
export async function tagImage(paths: Paths, word: string, name: Reference, signal: AbortSignal): Promise<void> {
  const layout = storeLayout(paths);
  using chosen = await chooseStored(layout, [word], signal);
  for (const { record } of chosen.images) {
    writeName(layout, { version: 1, name, id: record.id, source: null });
    recordEvents(paths.state, [imageEvent('tag', record.id, familiarName(name))]);
  }
}

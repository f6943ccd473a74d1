/** What happens to images, for `events`. */
import type { NewEvent } from '../events/event.ts';
import type { Digest } from './image.ts';

/** @param name as people type it, or the id of an image without one */
export const imageEvent = (
  action: 'load' | 'import' | 'tag' | 'untag' | 'delete',
  id: Digest,
  name: string,
): NewEvent => ({
  type: 'image',
  action,
  id,
  attributes: { name },
});

/** Of an image that is gone under all its names. */
export const goneEvents = (id: Digest, names: readonly string[]): readonly NewEvent[] => [
  ...names.map((name) => imageEvent('untag', id, name)),
  imageEvent('delete', id, id),
];

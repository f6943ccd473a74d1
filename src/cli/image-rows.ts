/** Stored images as rows: docker's columns and docker's field names. */

import { localMoment } from '../host/local-time.ts';
import type { ImageSummary } from '../image/list-images.ts';
import { humanAge, humanSize } from './human.ts';

/** One row a name; an image without a name has one row. The keys are docker's, for `--format`. */
export interface ImageRow extends Readonly<Record<string, string>> {
  readonly Repository: string;
  readonly Tag: string;
  readonly Digest: string;
  readonly ID: string;
  readonly CreatedSince: string;
  readonly CreatedAt: string;
  readonly Size: string;
  /** docker counts these nowhere but in `system df -v`. */
  readonly Containers: string;
  readonly SharedSize: string;
  readonly UniqueSize: string;
  readonly VirtualSize: string;
}

const none = '<none>';

/** `localhost:5000/a/b:1` has the tag `1`; the colon of a port is no tag. */
export function splitName(name: string): { readonly repository: string; readonly tag: string } {
  const at = name.indexOf('@');
  const bare = at === -1 ? name : name.slice(0, at);
  const colon = bare.lastIndexOf(':');
  if (colon <= bare.lastIndexOf('/')) return { repository: bare, tag: none };
  return { repository: bare.slice(0, colon), tag: bare.slice(colon + 1) };
}

/**
 * @param now milliseconds since 1970.
 * @param ids `short`: twelve digits.
 * @param wants whether an image has a row under a name; null: without one.
 */
export function imageRows(
  images: readonly ImageSummary[],
  now: number,
  ids: 'short' | 'full',
  wants: (image: ImageSummary, name: string | null) => boolean = () => true,
): readonly ImageRow[] {
  return images.flatMap((image) => {
    const created = image.created === null ? Number.NaN : Date.parse(image.created);
    // Reproducible builds set the time to 1970 or to year one: an age would be nonsense.
    const known = created > 0;
    const rowOf = (Repository: string, Tag: string): ImageRow => ({
      Repository,
      Tag,
      Digest: image.manifest ?? none,
      ID: ids === 'full' ? image.id : image.id.replace(/^sha256:/, '').slice(0, 12),
      CreatedSince: known ? humanAge((now - created) / 1000) : 'N/A',
      // For a table that does not show it the time zone is not loaded.
      get CreatedAt() {
        return known ? localMoment(created) : 'N/A';
      },
      Size: humanSize(image.bytes),
      ...{ Containers: 'N/A', SharedSize: 'N/A', UniqueSize: 'N/A' },
      VirtualSize: humanSize(image.bytes, 4),
    });
    if (image.names.length === 0) return wants(image, null) ? [rowOf(none, none)] : [];
    return image.names
      .filter((name) => wants(image, name))
      .map((name) => {
        const { repository, tag } = splitName(name);
        return rowOf(repository, tag);
      });
  });
}

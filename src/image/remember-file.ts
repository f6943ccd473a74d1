/** Notes which image a file held, when it did not change while it was read. */
import { statSync } from 'node:fs';
import type { NamedImage } from './archive-images.ts';
import type { PathArgument } from './argument.ts';
import { rememberArgument } from './store/argument-cache.ts';
import type { StoreLayout } from './store/layout.ts';

/** To be called before the file is opened; the result is called when it has been read. */
export function rememberFile(
  layout: StoreLayout,
  { path, stats, selector }: PathArgument,
  platform: string | null,
): (read: NamedImage) => void {
  const openedAtNs = BigInt(Date.now()) * 1_000_000n;
  return ({ image, names }) => {
    if (!stats.isFile()) return;
    const after = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (after === undefined) return;
    rememberArgument(layout, { before: stats, after, openedAtNs }, { selector, platform, id: image.id, names });
  };
}

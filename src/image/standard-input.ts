/** The argument `-`. */
import { addAbortSignal } from 'node:stream';
import { aborted } from './aborted.ts';
import { type OpenedBytes, openStream } from './archive/open-archive.ts';
import type { ImageContext } from './context.ts';
import type { StoreLayout } from './store/layout.ts';

/**
 * Looks at what comes through standard input.
 * @throws TsrunError as `openArchive`, ABORTED also while nothing comes
 */
export async function openStandardInputArchive(layout: StoreLayout, ctx: ImageContext): Promise<OpenedBytes> {
  const { limits, signal } = ctx;
  try {
    return await openStream(addAbortSignal(signal, ctx.stdin), '-', { layout, limits, signal });
  } catch (error) {
    throw signal.aborted ? aborted(signal) : error;
  }
}

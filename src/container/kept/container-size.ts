/** How much a container takes up: docker's `SizeRw` and `SizeRootFs`. */
import type { Paths } from '../../host/paths.ts';
import type { Digest } from '../../image/image.ts';
import { measureTree } from '../../image/layer/measure-tree.ts';
import { readImageRecord } from '../../image/store/image-record.ts';
import { storeLayout } from '../../image/store/layout.ts';
import { filesFor } from '../container-directory.ts';
import type { KeptContainer } from './kept-container.ts';

/** Bytes. */
export interface ContainerSize {
  /** What it has written. */
  readonly written: number;
  /** That, and the image's layers. */
  readonly all: number;
}

export async function containerSize(paths: Paths, container: KeptContainer): Promise<ContainerSize> {
  const { kept, record } = container;
  const written = await writableSize(paths, container);
  const { id, argument } = kept.image;
  const image =
    id === null
      ? await measureTree(argument, record.userns)
      : (readImageRecord(storeLayout(paths), id as Digest)?.bytes ?? 0);
  return { written, all: image + written };
}

/** Bytes in its writable layer, whether it runs or not. */
export const writableSize = (paths: Paths, { id, record }: KeptContainer): Promise<number> =>
  measureTree(filesFor(paths, id).upper, record.userns);

/** How much a container has written: docker's `SizeRw`. */
import type { Paths } from '../../host/paths.ts';
import { measureTree } from '../../image/layer/measure-tree.ts';
import { filesFor } from '../container-directory.ts';
import type { KeptContainer } from './kept-container.ts';

/** Bytes in its writable layer, whether it runs or not. */
export const writableSize = (paths: Paths, { id, record }: KeptContainer): Promise<number> =>
  measureTree(filesFor(paths, id).upper, record.userns);

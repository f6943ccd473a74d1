/** How much one image may unpack to before tsrun takes it for a bomb. */
import type { ImageLimits } from '../image/context.ts';

/** Far above real images (the largest on public registries unpack to some 50 GB), far below what fills a store by malice. */
export const imageLimits: ImageLimits = { maxBytes: 128 * 2 ** 30, maxEntries: 5_000_000 };

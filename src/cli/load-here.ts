/** Loading an image, with what this host says filled in. */
import { imageLimits } from '../container/image-limits.ts';
import { probeHost } from '../host/facts.ts';
import { userNamespaceFor } from '../host/id-maps.ts';
import type { Paths } from '../host/paths.ts';
import type { ImageContext } from '../image/context.ts';
import type { ImageSummary } from '../image/list-images.ts';
import { loadImage as load } from '../image/load-image.ts';
import type { OnImageProgress } from '../image/progress.ts';

export interface LoadContext {
  readonly paths: Paths;
  readonly onProgress: OnImageProgress;
  readonly signal: AbortSignal;
}

/** For this machine's platform and the ids that `run` uses when nothing else is said. */
export const hereContext = (context: LoadContext): ImageContext => ({
  ...context,
  mapping: userNamespaceFor('default', probeHost().privilege),
  platform: null,
  pull: 'missing',
  limits: imageLimits,
  stdin: process.stdin,
});

export const loadImage = (argument: string, context: LoadContext): Promise<readonly ImageSummary[]> =>
  load(argument, hereContext(context));

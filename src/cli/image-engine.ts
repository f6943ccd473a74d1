/** What the image commands ask of image/. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import type { ImageConfig } from '../image/image.ts';
import type { OnImageProgress } from '../image/progress.ts';

export interface ImageSummary {
  readonly id: string;
  readonly names: readonly string[];
  /** ISO 8601, or null when the image does not say. */
  readonly created: string | null;
  /** Bytes of its unpacked layers. */
  readonly bytes: number;
}

export interface ImageDetails extends ImageSummary {
  readonly config: ImageConfig;
  readonly layers: readonly string[];
}

export interface LoadContext {
  readonly paths: Paths;
  readonly onProgress: OnImageProgress;
  readonly signal: AbortSignal;
}

const missing = (): TsrunError => new TsrunError('NOT_YET', 'cannot read the image store yet');

export const listImages = (_paths: Paths): Promise<readonly ImageSummary[]> => Promise.reject(missing());
export const inspectImage = (_paths: Paths, _reference: string): Promise<ImageDetails> => Promise.reject(missing());
export const removeImage = (
  _paths: Paths,
  _reference: string,
  _how: { readonly force: boolean },
): Promise<readonly string[]> => Promise.reject(missing());
export const loadImage = (_argument: string, _context: LoadContext): Promise<readonly ImageSummary[]> =>
  Promise.reject(missing());

/** Which of an archive's images is meant. */
import { nearest } from '../../errors/nearest.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { digestHex } from '../digest.ts';
import { candidateReferences, normaliseReference, readReference } from '../reference.ts';
import { type FoundImage, selectorOf } from './found-image.ts';

/**
 * The image a selector means, or the only one.
 *
 * @param selector a name, a tag or the beginning of a digest; null: not said
 * @throws TsrunError IMAGE_AMBIGUOUS, IMAGE_NOT_FOUND, both listing what there is
 */
export function chooseImage(images: readonly FoundImage[], archive: string, selector: string | null): FoundImage {
  const list = listed(images, archive);
  const [only] = images;
  if (only === undefined)
    throw new TsrunError('IMAGE_INVALID', `cannot find an image in "${archive}"`, { why: 'it is empty' });
  if (selector === null) {
    if (images.length === 1) return only;
    throw new TsrunError('IMAGE_AMBIGUOUS', `cannot tell which image of "${archive}" is meant`, {
      why: `it holds ${images.length} images`,
      hint: `choose one: ${list}`,
    });
  }
  for (const fits of [isNamed, hasReference, hasTag, hasDigest]) {
    const fitting = images.filter((image) => fits(image, selector));
    if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0];
    if (fitting.length > 1) {
      throw new TsrunError('IMAGE_AMBIGUOUS', `cannot tell which image of "${archive}" is meant by "${selector}"`, {
        why: `it fits ${fitting.length} images`,
        hint: `choose one: ${listed(fitting, archive)}`,
      });
    }
  }
  const withoutSelector = images.length === 1 ? `leave ":${selector}" out` : 'choose one of those';
  const near = nearest(
    selector,
    images.flatMap((image) => image.names),
  );
  throw new TsrunError('IMAGE_NOT_FOUND', `cannot find the image "${selector}" in "${archive}"`, {
    why: `it holds ${list}`,
    hint: near === null ? withoutSelector : `did you mean "${archive}:${near}"?`,
  });
}

const maxListed = 12;

function listed(images: readonly FoundImage[], archive: string): string {
  const shown = images.slice(0, maxListed).map((image) => `${archive}:${selectorOf(image)}`);
  return [...shown, ...(images.length > maxListed ? [`and ${images.length - maxListed} more`] : [])].join(', ');
}

const isNamed = (image: FoundImage, selector: string): boolean => image.names.includes(selector);

const hasReference = (image: FoundImage, selector: string): boolean => {
  const wanted: readonly string[] = candidateReferences(selector);
  return image.names.some((name) => wanted.includes(normaliseReference(name) ?? ''));
};

const hasTag = (image: FoundImage, selector: string): boolean =>
  image.names.some((name) => readReference(name)?.tag === selector);

const hasDigest = (image: FoundImage, selector: string): boolean => {
  const hex = selector.replace(/^sha256:/, '');
  return /^[0-9a-f]{4,64}$/.test(hex) && image.digests.some((digest) => digestHex(digest).startsWith(hex));
};

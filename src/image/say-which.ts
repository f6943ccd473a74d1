/** The last line of an error about an image's contents: which image, and what to do. */
import { type ErrorCode, TsrunError } from '../errors/tsrun-error.ts';

const advice: Partial<Readonly<Record<ErrorCode, (image: string) => string>>> = {
  IMAGE_INVALID: (image) => `copy ${image} once more, or make it anew with the tool that saved it`,
  IMAGE_UNSUPPORTED: (image) => `save ${image} as an OCI image, for example with "skopeo copy" to oci-archive:FILE`,
  REGISTRY: (image) => `it is the registry of ${image} that does so: try again later, or tell who runs it`,
  IMAGE_TOO_LARGE: (image) => `a few bytes can unpack to any size: look what ${image} holds before you trust it`,
};

/**
 * Whoever reads a layer or a document does not know what the person typed; an error that has a hint already keeps it.
 *
 * @param typed the image argument; -: standard input
 */
export async function sayWhich<T>(typed: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TsrunError) || error.hint !== null) throw error;
    const hint = advice[error.code]?.(typed === '-' ? 'what came by standard input' : `"${typed}"`);
    if (hint === undefined) throw error;
    const { code, message, why, cause } = error;
    throw new TsrunError(code, message, { ...(why === null ? {} : { why }), hint, cause: cause ?? error });
  }
}

/** The id of an OCI container: a word its client chose, and the name of its directory. */
import { TsrunError } from '../../errors/tsrun-error.ts';

export type OciId = string & { readonly brand: 'OciId' };

/** @throws TsrunError USAGE for what cannot be the name of a directory; native/oci/container.cc has the same rule */
export function parseOciId(text: string): OciId {
  if (/^[A-Za-z0-9_+.-]{1,255}$/.test(text) && text !== '.' && text !== '..') return text as OciId;
  throw new TsrunError('USAGE', `"${text}" is not a container's id`, {
    why: 'ids are made of letters, digits and _ + - .',
  });
}

/** The two arguments of `cp`: which is the container's, which the machine's. */
import { TsrunError } from '../errors/tsrun-error.ts';

export type CopyArgument =
  | { readonly type: 'container'; readonly container: string; readonly path: string }
  | { readonly type: 'local'; readonly path: string }
  /** `-`: an archive on standard input or output. */
  | { readonly type: 'stream' };

/**
 * As docker tells them apart: NAME:PATH is the container's; what begins with a slash or a dot, or has no colon, is local.
 *
 * @throws TsrunError USAGE
 */
export function copyArgument(text: string, which: 'source' | 'destination'): CopyArgument {
  if (text === '-') return { type: 'stream' };
  const colon = text.indexOf(':');
  const path = colon === -1 || /^[/.]/.test(text) ? null : text.slice(colon + 1);
  if (text === '' || path === '') {
    throw new TsrunError('USAGE', `the ${which} has no path`, { why: 'it is empty', hint: usage });
  }
  return path === null ? { type: 'local', path: text } : { type: 'container', container: text.slice(0, colon), path };
}

const usage = 'tsrun cp CONTAINER:SRC DEST, or tsrun cp SRC CONTAINER:DEST';

/** @throws TsrunError USAGE */
export function refusePair(source: CopyArgument, destination: CopyArgument): TsrunError {
  const both = source.type === 'container' && destination.type === 'container';
  return new TsrunError('USAGE', both ? 'cannot copy between containers' : 'no container was named', {
    why: both ? 'one of the two has to be on this machine' : 'neither the source nor the destination is CONTAINER:PATH',
    hint: both ? 'tsrun cp A:SRC - | tsrun cp - B:DEST' : usage,
  });
}

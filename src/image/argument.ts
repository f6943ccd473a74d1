/** What the image argument means: a file, a directory, standard input or the name of a stored image. */
import { type BigIntStats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isSystemError } from './store/store-error.ts';

/** A path that exists, with what follows it: `images.tar:alpine:3.20`. */
export interface PathArgument {
  /** As it was typed, for messages. */
  readonly typed: string;
  /** Absolute. */
  readonly path: string;
  readonly stats: BigIntStats;
  /** Which image of the archive; null: not said. */
  readonly selector: string | null;
}

/** Standard input, and which image of what comes through it. */
export interface StandardInputArgument {
  /** null: not said. */
  readonly selector: string | null;
}

/**
 * What the argument says of standard input; null when it means something else.
 *
 * @example readStandardInput('-:several:one') // { selector: 'several:one' }
 */
export const readStandardInput = (argument: string): StandardInputArgument | null =>
  /^-(?:$|:.)/s.test(argument) ? { selector: argument.slice(2) || null } : null;

/** Whether people who type this mean a file: it has a slash or the ending of an archive. */
export const looksLikePath = (text: string): boolean =>
  /^\.{1,2}$|[/]|\.(?:tar|tgz|tzst|txz|tbz2?|oci)(?:[.:]|$)/i.test(text);

/** Words that podman and skopeo want in front of a path. */
const transports = /^(?:docker-archive|oci-archive|oci|dir|tarball):(?=.)/;

/**
 * The file or directory an argument names, whole or up to one of its colons; null when there is none.
 *
 * @example findPath('images.tar:alpine:3.20') // { typed: 'images.tar', path: '/here/images.tar', selector: 'alpine:3.20', stats }
 */
export function findPath(argument: string): PathArgument | null {
  const plain = argument.replace(transports, '');
  for (const text of plain === argument ? [argument] : [argument, plain]) {
    for (const { head, tail } of splits(text)) {
      const path = resolve(head);
      const stats = statOrNull(path);
      if (stats !== null) return { typed: head, path, stats, selector: tail };
    }
  }
  return null;
}

/** The text whole, then cut at each colon, the longest head first: a file with a colon in its name wins. */
function* splits(text: string): Generator<{ readonly head: string; readonly tail: string | null }> {
  if (text !== '') yield { head: text, tail: null };
  for (let colon = text.lastIndexOf(':'); colon > 0; colon = text.lastIndexOf(':', colon - 1)) {
    const tail = text.slice(colon + 1);
    if (tail !== '') yield { head: text.slice(0, colon), tail };
  }
}

function statOrNull(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    // Not even a name that could exist: then it is no file.
    if (isSystemError(error) && ['ENOTDIR', 'ENAMETOOLONG', 'ELOOP'].includes(error.code)) return null;
    throw error;
  }
}

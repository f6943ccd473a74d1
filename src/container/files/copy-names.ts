/** Names of what is copied: where SRC comes to lie, by the rules of docker cp. */
import { posix } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Standing } from '../../image/layer/replies.ts';

/** A path as it was typed, and what of its spelling has a meaning. */
export interface CopyPath {
  /** For the native part: as it resolves, its end kept. */
  readonly path: string;
  /** The last component; '' for the root. */
  readonly name: string;
  /** `DIR/.`: what is in the directory and not the directory. */
  readonly contents: boolean;
  /** It ends with a slash: it has to be a directory. */
  readonly directory: boolean;
}

/**
 * Made absolute below `base` and without "..", as docker does it before any link is looked at.
 *
 * @example copyPath('etc/ssh/.', '/') // { path: '/etc/ssh/.', name: 'ssh', contents: true, directory: true }
 */
export function copyPath(typed: string, base: string): CopyPath {
  const clean = posix.resolve(base, typed);
  const contents = clean === '/' || /(^|\/)\.$/.test(typed);
  const directory = contents || typed.endsWith('/');
  const end = contents ? '/.' : directory ? '/' : '';
  return { path: clean === '/' ? '/' : clean + end, name: posix.basename(clean), contents, directory };
}

/** The name that the native part gives to SRC itself; what is below it follows behind a slash. */
export const packedAs = 'x';

/**
 * The name, below the directory that is held, of what SRC is; '' when its contents go right into it.
 *
 * @param task what is done, as the rest of "cannot ..."
 * @throws TsrunError COPY_FAILED where docker cp fails
 */
export function destinationName(
  source: CopyPath,
  isDirectory: boolean,
  destination: CopyPath,
  standing: Standing,
  task: string,
): string {
  const bytes = (text: string): string => Buffer.from(text).toString('latin1');
  switch (standing.standing) {
    case 'directory':
      return source.contents && isDirectory ? '' : bytes(source.name);
    case 'other':
      if (!isDirectory) return standing.name;
      throw new TsrunError('COPY_FAILED', `cannot ${task}`, {
        why: 'a directory cannot be copied to a file',
        hint: 'give another destination, or remove the file first',
      });
    case 'missing':
      if (isDirectory || !destination.directory) return standing.name;
      throw new TsrunError('COPY_FAILED', `cannot ${task}`, {
        why: `the destination directory "${destination.path}" does not exist`,
        hint: 'make it first, or leave out the slash at the end to give the file that name',
      });
  }
}

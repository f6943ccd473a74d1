/** `tsrun create|run --bundle DIR ID`: the OCI runtime's meaning of the verb, told from docker's by its flag. */
import { join } from 'node:path';
import type { Session } from './session.ts';

/** Flags that stand before `--bundle` in both meanings or in the OCI one alone; the first take a word. */
const withWord = new Set(['--console-socket', '--pidfd-socket', '--pid-file', '--preserve-fds']);
const alone = new Set(['-d', '--detach', '--keep', '--no-pivot', '--no-new-keyring', '--no-subreaper']);

/**
 * Whether the line names a bundle before anything that only docker's verb has. What stands behind an image is the command's.
 *
 * @example namesBundle('run', ['--detach', '--bundle', '/b', 'web']) // true
 * @example namesBundle('run', ['alpine', 'tool', '--bundle', 'x']) // false
 */
export function namesBundle(verb: string, args: readonly string[]): boolean {
  if (verb !== 'run' && verb !== 'create') return false;
  for (let index = 0; index < args.length; index++) {
    const [name = '', value] = args[index]?.split('=', 2) ?? [];
    if (name === '--bundle' || name === '-b') return true;
    if (withWord.has(name)) index += value === undefined ? 1 : 0;
    else if (!alone.has(name)) return false;
  }
  return false;
}

/** The same line for `tsrun-oci`. Its containers lie in `oci` below the state directory. */
export const ociLine = (argv: readonly string[], { root, debug }: Session): readonly string[] => [
  ...(root === null ? [] : ['--root', join(root, 'oci')]),
  ...(debug ? ['--debug'] : []),
  ...argv,
];

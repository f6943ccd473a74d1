/** What `create` and `run` have in common on the command line. */
import { resolve } from 'node:path';
import { readBundle } from '../../bundle/read-bundle.ts';
import type { CreateRequest } from '../../container/oci/create.ts';
import { parseOciId } from '../../container/state/container-id.ts';
import { type Flag, flag } from '../flags.ts';
import { isSet, lastOf, type OciLine } from './command.ts';
import { onlyWord } from './one-word.ts';
import { listenFds, preservedFds, withListenFds } from './preserved-fds.ts';
import type { OciSession } from './session.ts';

export const createFlags: readonly Flag[] = [
  flag('value', '-b, --bundle DIR', 'the bundle; the current directory without it', ''),
  flag('value', '--console-socket PATH', 'socket that gets the terminal', ''),
  flag('value', '--pidfd-socket PATH', 'socket that gets a pidfd of PID 1', ''),
  flag('value', '--pid-file FILE', 'where to write the pid of PID 1', ''),
  flag('switch', '--no-pivot', 'chroot instead of pivot_root', ''),
  flag('switch', '--no-new-keyring', "leave PID 1 the caller's session keyring", ''),
  flag('value', '--preserve-fds N', 'how many descriptors behind standard error are handed on', ''),
];

export function createRequest(line: OciLine, session: OciSession): CreateRequest {
  const id = parseOciId(onlyWord(line));
  const pidFile = lastOf(line, 'pid-file');
  const bundle = readBundle(lastOf(line, 'bundle') ?? '.');
  return {
    id,
    bundle: { ...bundle, config: { ...bundle.config, process: withListenFds(bundle.config.process) } },
    root: session.root,
    manager: session.manager,
    pidFile: pidFile === null ? null : resolve(pidFile),
    consoleSocket: lastOf(line, 'console-socket'),
    pidfdSocket: lastOf(line, 'pidfd-socket'),
    preserved: preservedFds(line, listenFds()),
    keyring: isSet(line, 'no-new-keyring') ? 'inherited' : 'new',
    rootChange: isSet(line, 'no-pivot') ? 'chroot' : 'pivot-root',
  };
}

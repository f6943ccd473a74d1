/** The entrypoint: which files are tried, with which environment, where. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciConfig, OciProcess } from '../oci/config.ts';
import { defaultPath } from '../oci/defaults.ts';
import type { Directory, Exec, Step } from './plan.ts';

export interface ExecInput {
  readonly process: OciProcess | undefined;
  readonly pid1: 'command' | 'reaper';
}

export const execSteps = {
  /** A missing working directory is made, owned by root, as docker and runc do. */
  workingDirectoryExists(config: OciConfig): readonly Step[] {
    const cwd = config.process?.cwd ?? '/';
    return cwd === '/' ? [] : [ownedByRoot(cwd)];
  },

  exec({ process, pid1 }: ExecInput): Exec {
    const argv = process?.args ?? [];
    const command = argv[0];
    if (command === undefined) {
      throw new TsrunError('USAGE', 'cannot start a container without a command', {
        why: 'neither the command line nor the image has one',
        hint: 'name one behind the image, for example sh',
      });
    }
    if (command === '') {
      throw new TsrunError('COMMAND_NOT_FOUND', 'cannot start "": the name of the command is empty', {
        why: 'often a variable of the shell that is not set',
        hint: 'name a command behind the image, for example sh',
      });
    }
    const env = process?.env ?? [];
    return {
      kind: 'exec',
      argv,
      env,
      candidates: candidatesFor(command, env),
      home: hasHome(process) ? 'given' : 'looked-up',
      pid1,
    };
  },
} as const;

/** A directory that is made where it is missing. */
const ownedByRoot = (path: string): Directory => ({ kind: 'directory', path, mode: 0o755, uid: 0, gid: 0 });

/** Whether the environment says where the user is at home. */
export const hasHome = (process: OciProcess | undefined): boolean =>
  process?.env?.some((entry) => entry.startsWith('HOME=')) ?? false;

/** The files execvp(3) would try: the command itself when it has a slash, else one in each directory of PATH. */
export function candidatesFor(command: string, env: readonly string[]): readonly string[] {
  if (command.includes('/')) return [command];
  const path = env.findLast((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? defaultPath;
  // An empty element means the working directory.
  return path.split(':').map((directory) => (directory === '' ? `./${command}` : `${directory}/${command}`));
}

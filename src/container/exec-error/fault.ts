/** What is found wrong with a file that was to be executed, and what the search may look at. */
import type { Executor } from './executor.ts';
import type { MachineName } from './machines.ts';
import type { RootFiles } from './root-files.ts';

export interface Fault {
  /** The errno that execve gives for it. */
  readonly errno: 'ENOENT' | 'EACCES' | 'ENOEXEC' | 'ELOOP' | 'ELIBBAD' | 'EPERM';
  /** One clause that names the file. */
  readonly why: string;
  readonly hint: string | null;
  /** Whether something stands at the path: what is merely absent is passed over in PATH. */
  readonly present: boolean;
}

export interface Scene {
  readonly files: RootFiles;
  readonly who: Executor;
  readonly machine: MachineName;
  /** Absolute; what a relative path starts from. */
  readonly cwd: string;
  /** The value of PATH. */
  readonly path: string;
}

/** The directories of PATH, without repetition; an empty one is the working directory. */
export const pathDirectories = ({ path, cwd }: Scene): readonly string[] => [
  ...new Set(path.split(':').map((directory) => (directory === '' ? cwd : directory))),
];

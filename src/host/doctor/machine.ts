/** How the checks look at the machine: files, and small programs tried out. Tests give them another machine. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { findProgram } from '../privileges.ts';

/** What a program that was tried out said. */
export interface Trial {
  /** null: it could not be started, or took too long. */
  readonly exitCode: number | null;
  /** The last line of its standard error. */
  readonly said: string;
}

export interface Machine {
  readonly kernel: string;
  /** Effective user id. */
  readonly uid: number;
  readonly node: string;
  /** The trimmed text of a file, or null. */
  read(path: string): string | null;
  exists(path: string): boolean;
  /** Permission bits and owner, or null. */
  mode(path: string): { readonly bits: number; readonly uid: number } | null;
  program(name: string): string | null;
  /** Runs a program for at most five seconds. */
  attempt(program: string, args: readonly string[]): Trial;
}

export const thisMachine: Machine = {
  kernel: release(),
  uid: process.geteuid?.() ?? 0,
  node: process.versions.node,
  read: (path) => {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return null;
    }
  },
  exists: existsSync,
  mode: (path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? null : { bits: found.mode & 0o7777, uid: found.uid };
  },
  program: (name) => findProgram(name, process.env['PATH']),
  attempt: (program, args) => {
    const done = spawnSync(program, args, {
      encoding: 'utf8',
      timeout: 5000,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return { exitCode: done.status, said: (done.stderr ?? '').trim().split('\n').at(-1) ?? '' };
  },
};

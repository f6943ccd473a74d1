/** The commands: their one-line summaries, and the file of each, loaded only when it is called. */
import type { Command } from 'commander';
import type { Session } from './session.ts';

export interface CommandContext {
  readonly session: Session;
  /** Sets the exit code of the process; 0 without a call. */
  exit(code: number): void;
}

/** What a file in commands/ exports for commander. */
export interface CommandModule {
  /** Adds arguments, flags and the action. */
  define(command: Command, context: CommandContext): void;
}

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  /** null: the command reads its own line (run). */
  readonly load: (() => Promise<CommandModule>) | null;
}

const images = 'Images:';
const other = 'This machine:';

export const commandTable: readonly CommandEntry[] = [
  { name: 'run', summary: 'run a command in a new container', group: 'Containers:', load: null },
  { name: 'images', summary: 'list the stored images', group: images, load: () => import('./commands/images.ts') },
  {
    name: 'load',
    summary: 'store an image from a file or standard input',
    group: images,
    load: () => import('./commands/load.ts'),
  },
  {
    name: 'inspect',
    summary: 'show what a stored image says of itself',
    group: images,
    load: () => import('./commands/inspect.ts'),
  },
  { name: 'rmi', summary: 'remove stored images', group: images, load: () => import('./commands/rmi.ts') },
  {
    name: 'doctor',
    summary: 'say what will and will not work on this machine',
    group: other,
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    group: other,
    load: () => import('./commands/completion.ts'),
  },
  { name: 'version', summary: 'show the versions', group: other, load: () => import('./commands/version-command.ts') },
];

/** docker's commands that wait for something that is not built. */
export const laterCommands: readonly string[] = (
  'attach build commit compose container cp create diff events exec export history image import info kill login logout logs network pause ' +
  'port ps pull push rename restart rm save search start stats stop system tag top unpause update volume wait'
).split(' ');

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
  /** null: the command reads its own line (run, create). */
  readonly load: (() => Promise<CommandModule>) | null;
}

const images = 'Images:';
const registries = 'Registries:';
const volumes = 'Volumes:';
const networks = 'Networks:';
const other = 'This machine:';

const row = (name: string, summary: string, load: CommandEntry['load']): CommandEntry => ({
  name,
  summary,
  group: 'Containers:',
  load,
});

const containerCommands: readonly CommandEntry[] = [
  row('create', 'make a container, to be started later', null),
  row('ps', 'list containers', () => import('./commands/ps.ts')),
  row('start', 'start containers that do not run', () => import('./commands/start.ts')),
  row('stop', 'ask containers to end, then end them', () => import('./commands/stop.ts')),
  row('restart', 'stop and start containers', () => import('./commands/restart.ts')),
  row('kill', 'send a signal to containers', () => import('./commands/kill.ts')),
  row('pause', 'freeze the processes of containers', () => import('./commands/pause.ts')),
  row('unpause', 'let them go on', () => import('./commands/unpause.ts')),
  row('wait', 'wait for the end of containers', () => import('./commands/wait.ts')),
  row('rm', 'remove containers', () => import('./commands/rm.ts')),
  row('rename', 'give a container another name', () => import('./commands/rename.ts')),
  row('update', 'change the limits of containers', () => import('./commands/update.ts')),
  row('prune', 'remove all containers that do not run', () => import('./commands/prune.ts')),
  row('attach', 'join the terminal or the output of a container', () => import('./commands/attach.ts')),
  row('exec', 'run a command in a container', () => import('./commands/exec.ts')),
  row('top', 'show the processes of a container', () => import('./commands/top.ts')),
  row('cp', 'copy files out of a container or into one', () => import('./commands/cp.ts')),
  row('diff', 'show what a container changed of its image', () => import('./commands/diff.ts')),
  row('export', 'write the files of a container to an archive', () => import('./commands/export.ts')),
  row('commit', 'make an image of what a container changed', () => import('./commands/commit.ts')),
  row('stats', 'show what containers use', () => import('./commands/stats.ts')),
  row('why', 'say why a container ended, or what is in its way', () => import('./commands/why.ts')),
  row('port', 'show which ports of this machine lead to a container', () => import('./commands/port.ts')),
  row('net', 'show the way of a packet out of a container and in', () => import('./commands/net.ts')),
  row('logs', 'show what a container printed', () => import('./commands/logs.ts')),
  row('events', 'tell what happens to containers and images, as it happens', () => import('./commands/events.ts')),
];

export const commandTable: readonly CommandEntry[] = [
  { name: 'run', summary: 'run a command in a new container', group: 'Containers:', load: null },
  ...containerCommands,
  { name: 'images', summary: 'list the stored images', group: images, load: () => import('./commands/images.ts') },
  {
    name: 'load',
    summary: 'store an image from a file or standard input',
    group: images,
    load: () => import('./commands/load.ts'),
  },
  { name: 'pull', summary: 'store an image of a registry', group: images, load: () => import('./commands/pull.ts') },
  {
    name: 'import',
    summary: 'make an image of a tar of a root filesystem',
    group: images,
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'history',
    summary: 'show which instruction made which layer of an image',
    group: images,
    load: () => import('./commands/history.ts'),
  },
  {
    name: 'whence',
    summary: 'show which layer a file of an image or a container comes from',
    group: images,
    load: () => import('./commands/whence.ts'),
  },
  {
    name: 'tag',
    summary: 'give a stored image one more name',
    group: images,
    load: () => import('./commands/tag.ts'),
  },
  {
    name: 'push',
    summary: 'send a stored image to a registry',
    group: images,
    load: () => import('./commands/push.ts'),
  },
  {
    name: 'save',
    summary: 'write stored images to an archive',
    group: images,
    load: () => import('./commands/save.ts'),
  },
  {
    name: 'login',
    summary: 'keep a password for a registry',
    group: registries,
    load: () => import('./commands/login.ts'),
  },
  { name: 'logout', summary: 'forget it', group: registries, load: () => import('./commands/logout.ts') },
  {
    name: 'inspect',
    summary: 'show what is known of containers, images and volumes',
    group: images,
    load: () => import('./commands/inspect.ts'),
  },
  { name: 'rmi', summary: 'remove stored images', group: images, load: () => import('./commands/rmi.ts') },
  {
    name: 'volume',
    summary: 'make, list and remove volumes',
    group: volumes,
    load: () => import('./commands/volume.ts'),
  },
  {
    name: 'network',
    summary: 'make, list and remove networks, connect containers',
    group: networks,
    load: () => import('./commands/network.ts'),
  },
  {
    name: 'system',
    summary: 'show what takes up space, and remove what is not used',
    group: other,
    load: () => import('./commands/system.ts'),
  },
  {
    name: 'container',
    summary: "docker's long names: container ls is ps",
    group: other,
    load: () => import('./commands/container.ts'),
  },
  {
    name: 'image',
    summary: "verify, pack and draw the store; docker's long names: image ls is images",
    group: other,
    load: () => import('./commands/image.ts'),
  },
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
export const laterCommands: readonly string[] = 'build compose import info search'.split(' ');

/** The verbs of tsrun-oci that Node answers. `start`, `state`, `kill` and `delete` are native/oci's. */
import type { OciCommand } from './command.ts';

type Load = () => Promise<{ readonly command: OciCommand }>;

export const ociCommands: Readonly<Record<string, Load>> = {
  checkpoint: () => import('./commands/checkpoint.ts'),
  create: () => import('./commands/create.ts'),
  events: () => import('./commands/events.ts'),
  exec: () => import('./commands/exec.ts'),
  features: () => import('./commands/features.ts'),
  list: () => import('./commands/list.ts'),
  pause: () => import('./commands/pause.ts'),
  ps: () => import('./commands/ps.ts'),
  restore: () => import('./commands/restore.ts'),
  resume: () => import('./commands/resume.ts'),
  run: () => import('./commands/run.ts'),
  spec: () => import('./commands/spec.ts'),
  update: () => import('./commands/update.ts'),
};

/** Called by native/oci for the rest of a verb it has begun; nobody types them. */
export const innerCommands: Readonly<Record<string, Load>> = {
  explain: () => import('./commands/explain.ts'),
  hooks: () => import('./commands/hooks.ts'),
};

/** Answered without Node; here for their help. */
export const nativeVerbs: Readonly<Record<string, { readonly usage: string; readonly about: string }>> = {
  start: { usage: 'ID', about: 'start the command of a created container' },
  state: { usage: 'ID', about: 'print the state of a container' },
  kill: { usage: '[--all] ID [SIGNAL]', about: 'send a signal, TERM by default' },
  delete: { usage: '[--force] ID', about: 'remove a stopped container; --force: kill it first' },
};

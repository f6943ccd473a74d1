/** The verbs of tsrun-oci that Node answers. `start`, `state`, `kill` and `delete` are native/oci's. */
import type { OciCommand } from './command.ts';

type Load = () => Promise<{ readonly command: OciCommand }>;

export const ociCommands: Readonly<Record<string, Load>> = {};

/** Answered without Node; here for their help. */
export const nativeVerbs: Readonly<Record<string, { readonly usage: string; readonly about: string }>> = {
  start: { usage: 'ID', about: 'start the command of a created container' },
  state: { usage: 'ID', about: 'print the state of a container' },
  kill: { usage: '[--all] ID [SIGNAL]', about: 'send a signal, TERM by default' },
  delete: { usage: '[--force] ID', about: 'remove a stopped container; --force: kill it first' },
};

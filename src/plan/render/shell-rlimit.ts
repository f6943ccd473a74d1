/** Limits as shell: prlimit(1) sets them in the moment of exec, so these steps fill a variable, `$limits`. */
import { rlimitNames, rlimitNumber } from '../../oci/rlimits.ts';
import type { Rlimit } from '../plan.ts';
import { limitWord } from './limit-words.ts';
import { quote } from './shell-words.ts';

/** sh(1) keeps descriptors from 10 on for itself, and the last shell of the script redirects. */
const filesOfShell = 12n;

export function rlimitShell({ resource, soft, hard, demand }: Rlimit): readonly string[] {
  const name = rlimitNames[resource];
  if (name === undefined) return [`# resource limit ${resource} has no name in prlimit(1)`];
  if (resource === rlimitNumber('nofile') && soft < filesOfShell) {
    return [`# nofile=${soft}:${hard} would end the shell that waits for its root: not in force here`];
  }
  const option = `--${name}=${limitWord(soft)}:${limitWord(hard)}`;
  const add = `limits="$limits ${option}"`;
  if (demand === 'required') return [add];
  return [`if prlimit ${option} true; then ${add}; else echo ${quote(`not in force: ${name}`)} >&2; fi`];
}

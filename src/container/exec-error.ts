/** Why a command did not start, from the image itself: more than the kernel says. */
import { errnoName } from '../errors/errno.ts';
import { errnoText } from '../errors/errno-text.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { StepFailure } from '../native/messages.ts';
import type { Exec } from '../plan/plan.ts';

/** @param root descriptor of the container's root, its mounts still standing */
export function execError(step: Exec, failure: StepFailure, root: number): TsrunError {
  void root;
  const command = step.argv[0] ?? '';
  const name = errnoName(failure.errno);
  const found = name !== 'ENOENT';
  return new TsrunError(found ? 'COMMAND_NOT_EXECUTABLE' : 'COMMAND_NOT_FOUND', `cannot start "${command}"`, {
    why: found ? `execve failed: ${name} (${errnoText(failure.errno)})` : 'executable file not found in $PATH',
  });
}

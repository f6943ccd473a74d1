/** The one table of exit codes, which are docker's; docs/containers.md says it in words. */
import type { ContainerExit } from '../container/exit.ts';
import type { ErrorCode, TsrunError } from '../errors/tsrun-error.ts';

/** EX_SOFTWARE of sysexits.h: our own bug. */
export const bugExitCode = 70;

/** What went wrong before there was a command to ask: a flag that does not exist, has no value, or one that is no number. */
const unreadLine = 125;

/** tsrun itself failed; 1 may be the status of the container's command. */
const notRun = 125;

/** As a shell reports Ctrl-C: 128 + SIGINT. */
const aborted = 130;

/** Of a command that could not be run, or was not found, by `run` and `exec`. */
const ofCommands: Partial<Readonly<Record<ErrorCode, number>>> = {
  COMMAND_NOT_EXECUTABLE: 126,
  COMMAND_NOT_FOUND: 127,
};

/** `exec` has nothing else to say of a user or a step inside. */
const ofExec: Partial<Readonly<Record<ErrorCode, number>>> = { ...ofCommands, USER_NOT_FOUND: 126, STEP_FAILED: 126 };

/** Which command failed, and whether its line had been read by then. */
export interface Failure {
  readonly verb: string;
  readonly stage: 'reading' | 'doing';
}

export function exitCodeOfError({ code }: TsrunError, { verb, stage }: Failure): number {
  if (code === 'ABORTED') return aborted;
  // Words, not flags: docker counts them before anything else.
  if (code === 'WORDS') return 1;
  if (verb === 'run') return ofCommands[code] ?? notRun;
  if (stage === 'reading' && (code === 'USAGE' || code === 'NOT_YET')) return unreadLine;
  return (verb === 'exec' ? ofExec[code] : undefined) ?? 1;
}

/** The command's own status, or 128 + n when signal n ended it, as shells and docker say it. */
export const exitCodeOfContainer = ({ exitCode }: ContainerExit): number => exitCode;

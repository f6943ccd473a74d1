/** The one table of exit codes; the README says it in words. */
import type { ContainerExit } from '../container/exit.ts';
import type { ErrorCode, TsrunError } from '../errors/tsrun-error.ts';

/** 125: tsrun itself failed. 126 and 127: the command could not be run, was not found. As docker. */
const ofErrors: Readonly<Record<ErrorCode, number>> = {
  USAGE: 125,
  CONFIG_INVALID: 125,
  IMAGE_NOT_FOUND: 125,
  IMAGE_AMBIGUOUS: 125,
  IMAGE_INVALID: 125,
  IMAGE_UNSUPPORTED: 125,
  IMAGE_PLATFORM: 125,
  IMAGE_IN_USE: 125,
  IMAGE_TOO_LARGE: 125,
  REGISTRY: 125,
  REGISTRY_DENIED: 125,
  STORE: 125,
  // As docker's commands about containers.
  NAME_IN_USE: 1,
  CONTAINER_NOT_FOUND: 1,
  CONTAINER_AMBIGUOUS: 1,
  CONTAINER_STATE: 1,
  VOLUME_NOT_FOUND: 1,
  VOLUME_IN_USE: 1,
  VOLUME_EXISTS: 1,
  NETWORK_NOT_FOUND: 1,
  NETWORK_EXISTS: 1,
  NETWORK_IN_USE: 1,
  ADDRESS_IN_USE: 125,
  PORT_IN_USE: 125,
  COPY_FAILED: 1,
  LIMIT_UNAVAILABLE: 125,
  HOST_UNSUPPORTED: 125,
  STEP_FAILED: 125,
  USER_NOT_FOUND: 125,
  MONITOR_LOST: 125,
  OUTPUT_TOO_LARGE: 125,
  NOT_YET: 125,
  COMMAND_NOT_EXECUTABLE: 126,
  COMMAND_NOT_FOUND: 127,
  // As a shell reports Ctrl-C: 128 + SIGINT.
  ABORTED: 130,
};

/** EX_SOFTWARE of sysexits.h: our own bug. */
export const bugExitCode = 70;

export const exitCodeOfError = (error: TsrunError): number => ofErrors[error.code];

/** `run` answers with the status of its command, which 1 may well be: what went wrong before it is 125, as with docker. */
export const exitCodeOfRunError = (error: TsrunError): number => Math.max(ofErrors[error.code], 125);

/** The command's own status, or 128 + n when signal n ended it, as shells and docker say it. */
export const exitCodeOfContainer = ({ exitCode }: ContainerExit): number => exitCode;

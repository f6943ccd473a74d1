/** A failure on standard error, and as one line in the file of --log: where conmon and containerd's shim look. */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { note } from '../output.ts';
import { errorText } from '../report-error.ts';
import type { OciLog } from './session.ts';

/** Prints an error once, for people and for the client. */
export function report(error: unknown, log: OciLog, debug: boolean): void {
  // Hints name flags of run, most of which clients have too.
  const text = errorText(error, debug).replaceAll(
    '--limits=best-effort',
    'TSRUN_LIMITS=best-effort in the environment',
  );
  note(text.replace(/^tsrun:/, 'tsrun-oci:'));
  // Where the file cannot be written standard error has it.
  if (log.file !== null) append(log.file, logLine('error', clientMessage(error), log.format));
}

/**
 * Says what is not as asked once `work` is done: until then the file of --log is for its error, the only object podman expects in
 * it. Standard error is the container's here, what is printed would be in its log; it is used where there is no file.
 */
export async function withWarnings<Result>(
  log: OciLog,
  work: (notice: (text: string) => void) => Promise<Result>,
): Promise<Result> {
  const texts: string[] = [];
  const result = await work((text) => texts.push(text));
  for (const text of texts) {
    if (log.file === null) note(`tsrun-oci: ${text}`);
    else append(log.file, logLine('warning', text, log.format));
  }
  return result;
}

/** What and why in one line: clients show it whole, and look for words in it. */
export function clientMessage(error: unknown): string {
  if (!(error instanceof TsrunError))
    return `internal error: ${error instanceof Error ? error.message : String(error)}`;
  return error.why === null ? error.message : `${error.message}: ${error.why}`;
}

/** A FIFO that nobody reads holds nobody up. */
const appending =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY;

function append(file: string, line: string): void {
  try {
    const fd = openSync(file, appending, 0o644);
    try {
      writeSync(fd, line);
    } finally {
      closeSync(fd);
    }
  } catch {
    // No reason for a call to fail.
  }
}

function logLine(level: 'error' | 'warning', message: string, format: 'text' | 'json'): string {
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  if (format === 'json') return `${JSON.stringify({ level, msg: message, time })}\n`;
  return `time="${time}" level=${level} msg=${JSON.stringify(message)}\n`;
}

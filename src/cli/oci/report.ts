/** A failure on standard error, and as one line in the file of --log: where conmon and containerd's shim look. */
import { appendFileSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { note } from '../output.ts';
import { errorText } from '../report-error.ts';
import type { OciLog } from './session.ts';

/** Prints an error once, for people and for the client. */
export function report(error: unknown, log: OciLog, debug: boolean): void {
  note(errorText(error, debug).replace(/^tsrun:/, 'tsrun-oci:'));
  if (log.file === null) return;
  try {
    appendFileSync(log.file, logLine(clientMessage(error), log.format), { mode: 0o644 });
  } catch {
    // Standard error has it.
  }
}

/** What and why in one line: clients show it whole, and look for words in it. */
export function clientMessage(error: unknown): string {
  if (!(error instanceof TsrunError))
    return `internal error: ${error instanceof Error ? error.message : String(error)}`;
  return error.why === null ? error.message : `${error.message}: ${error.why}`;
}

function logLine(message: string, format: 'text' | 'json'): string {
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  if (format === 'json') return `${JSON.stringify({ level: 'error', msg: message, time })}\n`;
  return `time="${time}" level=error msg=${JSON.stringify(message)}\n`;
}

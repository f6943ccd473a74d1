/** How an error reads: what, why, hint on three lines. Only main prints it. */
import { TsrunError } from '../errors/tsrun-error.ts';

/**
 * One line each, or a program that reads stderr line by line would be misled by an image's own text; nor may that turn the direction of
 * what follows (UAX #9).
 */
const oneLine = (text: string): string =>
  text.replaceAll(/[\r\n\u2028\u2029]+/g, ' ').replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\uFFFD');

/**
 * @param debug adds the causes and all stacks.
 * @example
 * tsrun: cannot find the image "alpne.tar"
 *   there is no such file, and no stored image has that name
 *   hint: did you mean "alpine.tar"?
 */
export function errorText(error: unknown, debug: boolean): string {
  if (!(error instanceof TsrunError)) return bugText(error);
  const lines = [`tsrun: ${oneLine(error.message)}`];
  if (error.why !== null) lines.push(`  ${oneLine(error.why)}`);
  if (error.hint !== null) lines.push(`  hint: ${oneLine(error.hint)}`);
  if (debug) lines.push(`  code: ${error.code}`, ...stacks(error));
  return lines.join('\n');
}

/** An error that is no TsrunError is a fault of ours: all that is known of it is printed, for the report. */
function bugText(error: unknown): string {
  const lines = ['tsrun: internal error, which is a fault of tsrun', ...stacks(error)];
  return [
    ...lines,
    `  node ${process.version} on ${process.platform} ${process.arch}`,
    '  hint: please report it with these lines',
  ].join('\n');
}

function* stacks(error: unknown): Generator<string> {
  const seen = new Set<unknown>();
  for (
    let at = error;
    at !== undefined && at !== null && !seen.has(at);
    at = at instanceof Error ? at.cause : undefined
  ) {
    const label = seen.size === 0 ? '' : 'caused by: ';
    seen.add(at);
    const text = at instanceof Error ? (at.stack ?? `${at.name}: ${at.message}`) : String(at);
    yield `${label}${text}`.replaceAll(/^/gm, '  ');
  }
}

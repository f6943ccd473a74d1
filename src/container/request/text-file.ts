/** Files of lines that options name: env files, label files. */
import { errnoName } from '../../errors/errno.ts';
import { errnoText } from '../../errors/errno-text.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { badValue, type OptionName } from './bad-value.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
};

/** Reads a whole file; throws an Error with `errno` as node:fs does. */
export type ReadFile = (path: string) => Buffer;

/**
 * The text of a file that an option names.
 * @throws TsrunError USAGE when it cannot be read or is not UTF-8
 */
export function readOptionFile(path: string, name: OptionName, readFile: ReadFile): string {
  let bytes: Buffer;
  try {
    bytes = readFile(path);
  } catch (cause) {
    const errno = cause instanceof Error && 'errno' in cause && typeof cause.errno === 'number' ? -cause.errno : null;
    throw new TsrunError('USAGE', `cannot read the file "${path}" of ${name}`, {
      why: errno === null ? String(cause) : (reasons[errnoName(errno)] ?? errnoText(errno)),
      hint: 'name a file that you may read',
      cause,
    });
  }
  try {
    // TextDecoder takes a byte order mark away, as docker does.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badValue(name, path, 'the file is not valid UTF-8', 'convert it to UTF-8');
  }
}

/** The lines that say something, with their numbers: leading blanks removed, blank lines and `#` comments left out. */
export function* meaningfulLines(text: string): Generator<{ readonly number: number; readonly line: string }> {
  let number = 0;
  for (const raw of text.split('\n')) {
    number += 1;
    const line = raw.replace(/\r$/, '').trimStart();
    if (line !== '' && !line.startsWith('#')) yield { number, line };
  }
}

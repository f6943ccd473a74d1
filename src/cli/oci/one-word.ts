/** The id a verb is about. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { OciLine } from './command.ts';

/** @throws TsrunError USAGE when there is none, or more than one word */
export function onlyWord(line: OciLine): string {
  const [id, ...more] = line.words;
  if (id !== undefined && more.length === 0) return id;
  throw new TsrunError('USAGE', id === undefined ? 'no container was named' : `too many words: ${more.join(' ')}`, {
    why: 'this command takes the id of one container',
  });
}

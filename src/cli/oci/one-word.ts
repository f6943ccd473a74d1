/** The id a verb is about. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { OciLine } from './command.ts';

/** @throws TsrunError USAGE when there is none, or more than one word */
export function onlyWord(line: OciLine): string {
  const [id, ...more] = line.words;
  if (id === undefined) throw unnamed('this command takes the id of one container');
  if (more.length === 0) return id;
  throw new TsrunError('USAGE', `too many words: ${more.join(' ')}`, {
    why: 'this command takes the id of one container',
  });
}

/** The id, and what is behind it. @throws TsrunError USAGE when there is none */
export function firstWord({ words: [id, ...rest] }: OciLine, takes: string): readonly [string, readonly string[]] {
  if (id === undefined) throw unnamed(takes);
  return [id, rest];
}

const unnamed = (why: string): TsrunError => new TsrunError('USAGE', 'no container was named', { why });

/** Asks before something goes for good. */
import { TsrunError } from '../errors/tsrun-error.ts';
import { print } from './output.ts';

/**
 * Prints the warning and waits for a line; the end of standard input is a no, as with docker.
 *
 * @param verb for the message: `container prune`
 * @throws TsrunError ABORTED for every answer but y and yes
 */
export async function confirm(warning: string, verb: string): Promise<void> {
  print(warning);
  process.stdout.write('Are you sure you want to continue? [y/N] ');
  const answer = await firstLine();
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new TsrunError('ABORTED', `${verb} was not carried out`, {
    why: 'the answer was no',
    hint: 'answer y, or do not be asked: --force',
  });
}

async function firstLine(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  // Without an answer the next line would stand behind the question.
  if (!text.includes('\n')) print('');
  return text.split('\n')[0] ?? '';
}

/** Asks before something goes for good. */
import { note, print } from './output.ts';

/**
 * Prints the warning and waits for a line; the end of standard input is a no, as with docker.
 *
 * @param verb for the message: `container prune`
 * @returns whether the answer is y or yes. Every other is no failure either: it was asked, and is done as it was said
 */
export async function confirm(warning: string, verb: string): Promise<boolean> {
  print(warning);
  process.stdout.write('Are you sure you want to continue? [y/N] ');
  const answer = await firstLine();
  if (/^y(es)?$/i.test(answer.trim())) return true;
  note(`tsrun: ${verb} was not carried out: the answer was no`);
  return false;
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

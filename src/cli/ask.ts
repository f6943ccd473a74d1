/** Questions to whoever sits at the terminal. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { TsrunError } from '../errors/tsrun-error.ts';
import { note, noteRaw } from './output.ts';

/** @throws TsrunError ABORTED when the answer is Ctrl-C or the end */
export const ask = (question: string): Promise<string> => answerTo(question, process.stderr);

/** The same, and nobody sees the answer. */
export async function askSecret(question: string): Promise<string> {
  noteRaw(question);
  try {
    return await answerTo('', new Writable({ write: (_chunk, _encoding, done) => done() }));
  } finally {
    note('');
  }
}

async function answerTo(question: string, output: NodeJS.WritableStream): Promise<string> {
  // As a terminal: readline echoes what is typed, to `output`, and the terminal itself does not.
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  const stop = new AbortController();
  const end = (): void => stop.abort();
  lines.once('SIGINT', end).once('close', end);
  try {
    return await lines.question(question, { signal: stop.signal });
  } catch (cause) {
    throw new TsrunError('ABORTED', 'there was no answer', { cause });
  } finally {
    lines.close();
  }
}

/** Questions to whoever sits at the terminal. */
import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { TsrunError } from '../errors/tsrun-error.ts';
import { note, noteRaw } from './output.ts';

/** @throws TsrunError ABORTED when the answer is Ctrl-C or the end */
export const ask = (question: string): Promise<string> => answer(terminalLines(process.stderr), question);

/** The same, and nobody sees the answer. */
export async function askSecret(question: string): Promise<string> {
  const lines = terminalLines(new Writable({ write: (_chunk, _encoding, done) => done() }));
  // Not before: until now the terminal itself would have shown what is typed.
  noteRaw(question);
  try {
    return await answer(lines, '');
  } finally {
    note('');
  }
}

/** What is typed is written to `echo`, and no longer by the terminal. */
const terminalLines = (echo: NodeJS.WritableStream): Interface =>
  createInterface({ input: process.stdin, output: echo, terminal: true });

async function answer(lines: Interface, question: string): Promise<string> {
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

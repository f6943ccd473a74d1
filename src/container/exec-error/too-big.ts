/** E2BIG: arguments and environment beyond what execve(2) passes on. */
import type { Exec } from '../../plan/plan.ts';
import type { Fault } from './fault.ts';
import { count, quote } from './words.ts';

/** MAX_ARG_STRLEN: 32 pages; the terminating NUL counts. */
const longest = 32 * 4096;

export function tooBig({ argv, env }: Pick<Exec, 'argv' | 'env'>): Pick<Fault, 'why' | 'hint'> {
  const argument = argv.findIndex((text) => bytes(text) > longest);
  if (argument >= 0) {
    return {
      why: `argument ${argument} alone has ${bytes(argv[argument] ?? '') - 1} bytes, and one may have ${longest - 1}`,
      hint: 'pass it through a file or standard input',
    };
  }
  const variable = env.find((text) => bytes(text) > longest);
  if (variable !== undefined) {
    const [name = ''] = variable.split('=');
    return {
      why: `the environment variable ${quote(name)} alone has ${bytes(variable) - 1} bytes, and one may have ${longest - 1}`,
      hint: 'pass it through a file or standard input',
    };
  }
  return {
    why: `${count(argv.length, 'argument')} of ${total(argv)} bytes and ${count(env.length, 'variable')} of ${total(env)} bytes are more than a quarter of the stack limit`,
    hint: 'pass less, or raise the limit with --ulimit stack=SIZE',
  };
}

const bytes = (text: string): number => Buffer.byteLength(text) + 1;
const total = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + bytes(text), 0);

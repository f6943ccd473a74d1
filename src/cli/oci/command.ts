/** What a verb of tsrun-oci is made of. Its file is loaded when it is called. */
import type { Flag } from '../flags.ts';
import type { OciSession } from './session.ts';

export interface OciCommand {
  /** What stands behind the name in help: `[flags] ID [SIGNAL]`. */
  readonly usage: string;
  /** One line, lower case, no full stop. */
  readonly about: string;
  readonly flags: readonly Flag[];
  /**
   * `command`: what follows the id and its flags is a command with flags of its own; `options`: all that follows the id is somebody
   * else's; `any`: nothing of the line matters.
   */
  readonly words: 'own' | 'command' | 'options' | 'any';
  /** Exit code of the runtime's own errors. */
  readonly failure: 1 | 255;
  /** @returns the exit code */
  run(line: OciLine, session: OciSession): Promise<number>;
}

/** A verb's line: flags by long name, in the order given, and the words between them. */
export interface OciLine {
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly words: readonly string[];
}

/** The last value of a flag; null: not given. */
export const lastOf = (line: OciLine, long: string): string | null => line.values.get(long)?.at(-1) ?? null;

export const allOf = (line: OciLine, long: string): readonly string[] => line.values.get(long) ?? [];

export const isSet = (line: OciLine, long: string): boolean => {
  const value = lastOf(line, long);
  return value !== null && value !== 'false';
};

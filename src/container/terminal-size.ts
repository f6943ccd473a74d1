/** How large a terminal is. */
import { TsrunError } from '../errors/tsrun-error.ts';

/** The size of a terminal, in characters. */
export interface TerminalSize {
  /** Lines. */
  readonly rows: number;
  /** Of each line. */
  readonly columns: number;
}

const isSide = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xffff;

/** @throws TsrunError USAGE for what no terminal can be: winsize has sixteen bits a side */
export function parseTerminalSize({ rows, columns }: TerminalSize): TerminalSize {
  if (isSide(rows) && isSide(columns)) return { rows, columns };
  throw new TsrunError('USAGE', `no terminal has ${rows} rows and ${columns} columns`, {
    why: 'both have to be whole numbers from 0 to 65535',
    hint: 'for example { rows: 24, columns: 80 }',
  });
}

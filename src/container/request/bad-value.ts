/** The one shape of "this option's value is wrong": the value, the option as the reader spelled it, what is allowed. */
import { TsrunError } from '../../errors/tsrun-error.ts';

/** How the reader names an option: `--memory` on the command line, `memory` in the library. */
export type OptionName = string;

/**
 * A value that cannot be understood.
 *
 * @example throw badValue('--memory', '5x', '"x" is not a unit', 'write 64m');
 *   // tsrun: invalid value "5x" for --memory
 */
export const badValue = (name: OptionName, value: string, why: string, hint: string): TsrunError =>
  new TsrunError('USAGE', `invalid value ${JSON.stringify(value)} for ${name}`, { why, hint });

/** Options that exclude or require each other. */
export const conflict = (message: string, why: string, hint: string): TsrunError =>
  new TsrunError('USAGE', message, { why, hint });

/** A value that docker understands and tsrun does not do yet. */
export const notYet = (name: OptionName, value: string, why: string, hint: string): TsrunError =>
  new TsrunError('NOT_YET', `cannot do ${name} ${JSON.stringify(value)} yet`, { why, hint });

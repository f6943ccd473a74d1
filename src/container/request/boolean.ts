/** Words for yes and no, as docker's flags take them. */
import { badValue, type OptionName } from './bad-value.ts';

const yes = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const no = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** @throws TsrunError USAGE */
export function parseBoolean(value: string, name: OptionName): boolean {
  if (yes.has(value)) return true;
  if (no.has(value)) return false;
  throw badValue(name, value, 'it is neither true nor false', 'write true or false');
}

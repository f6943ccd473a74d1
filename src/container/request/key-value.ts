/** `KEY=VALUE` options that may be given as a list or as an object: labels, annotations, sysctls, cgroup files. */
import { badValue, type OptionName } from './bad-value.ts';

/** What the library takes where the command line repeats a flag. */
export type KeyValues = Readonly<Record<string, string>> | readonly string[];

export interface KeyValueRule {
  /** What a `KEY` without `=` means; null: it is refused. */
  readonly bareValue: string | null;
  /** For the hint. */
  readonly example: string;
}

/**
 * Later entries win, as in docker.
 * @throws TsrunError USAGE
 */
export function parseKeyValues(given: KeyValues, rule: KeyValueRule, name: OptionName): Record<string, string> {
  const entries = isList(given) ? given.map((text) => splitPair(text, rule, name)) : Object.entries(given);
  for (const [key, value] of entries) {
    if (key === '')
      throw badValue(name, `=${value}`, 'the part before = is empty', `write for example ${rule.example}`);
  }
  return Object.fromEntries(entries);
}

const isList = (given: KeyValues): given is readonly string[] => Array.isArray(given);

function splitPair(text: string, rule: KeyValueRule, name: OptionName): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals !== -1) return [text.slice(0, equals), text.slice(equals + 1)];
  if (rule.bareValue === null) throw badValue(name, text, 'there is no =', `write for example ${rule.example}`);
  return [text, rule.bareValue];
}

/** From the command line of `tsrun run` to the library's options. */
import { badValue } from '../container/request/bad-value.ts';
import { parseBoolean } from '../container/request/boolean.ts';
import type { RunOptions } from '../container/request/run-options.ts';
import type { ParsedArgv } from './argv.ts';
import type { Flag } from './flags.ts';
import { spelled } from './flags.ts';
import { optionFlags } from './run-flags.ts';

/** What the command itself does differently. */
export type RunMode =
  | { readonly type: 'run'; readonly quiet: boolean }
  | { readonly type: 'explain'; readonly format: 'text' | 'commands' }
  | { readonly type: 'dry-run'; readonly format: 'json' | 'shell' };

/** The option's flag, for messages; what has no flag of its own keeps its name. */
export function spellOption(option: keyof RunOptions): string {
  const found = optionFlags.find((entry) => entry.option === option);
  return found === undefined ? option : spelled(found.flag);
}

/** The value of a flag in the form the library takes it. */
function optionValue({ kind, long }: Flag, given: readonly string[]): string | boolean | readonly string[] {
  const last = given.at(-1) ?? '';
  if (kind === 'list') return given;
  return kind === 'switch' ? parseBoolean(last, `--${long}`) : last;
}

/** @throws TsrunError USAGE for a switch that is neither true nor false */
export function optionsFrom(parsed: ParsedArgv, command: readonly string[]): RunOptions {
  const entries = optionFlags.flatMap(({ flag, option }) => {
    const given = parsed.values.get(flag.long);
    return given === undefined ? [] : [[option, optionValue(flag, given)] as const];
  });
  // The table pairs each option with the kind of flag whose values have its type; parse-run-options checks the rest.
  return { ...(Object.fromEntries(entries) as RunOptions), command };
}

/** @throws TsrunError USAGE */
export function modeFrom({ values }: ParsedArgv): RunMode {
  const dryRun = values.get('dry-run')?.at(-1);
  if (dryRun !== undefined) return { type: 'dry-run', format: word(dryRun, ['json', 'shell'], 'json', '--dry-run') };
  const explain = values.get('explain')?.at(-1);
  if (explain !== undefined)
    return { type: 'explain', format: word(explain, ['text', 'commands'], 'text', '--explain') };
  return { type: 'run', quiet: isOn(values.get('quiet'), '--quiet') };
}

/** Whether a switch was given and not switched off again. */
export const isOn = (given: readonly string[] | undefined, name: string): boolean =>
  given !== undefined && parseBoolean(given.at(-1) ?? '', name);

function word<const Word extends string>(given: string, words: readonly Word[], bare: Word, name: string): Word {
  const found = given === '' ? bare : words.find((known) => known === given);
  if (found !== undefined) return found;
  throw badValue(name, given, `it can be ${words.join(' or ')}`, `write ${name}=${words[0]} or ${name}=${words[1]}`);
}

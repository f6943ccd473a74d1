/** commander's complaints in our form. */
import type { CommanderError } from 'commander';
import { badValue } from '../container/request/bad-value.ts';
import { orList } from '../container/request/one-of.ts';
import { TsrunError } from '../errors/tsrun-error.ts';

/** "error: unknown option '--foo'\n(Did you mean --food?)" and its like. */
export function usageError(error: CommanderError, command: string): TsrunError {
  const [first = '', second = ''] = error.message.replace(/^error: /, '').split('\n');
  const choice =
    /^option '.*?(?<of>--[\w-]+).*' argument '(?<value>.*)' is invalid. Allowed choices are (?<words>.*)\.$/.exec(
      first,
    ) ?? /value '(?<value>.*)' is invalid for argument '(?<of>.*)'. Allowed choices are (?<words>.*)\.$/.exec(first);
  if (choice?.groups !== undefined) {
    const { of = '', value = '', words = '' } = choice.groups;
    return badValue(of, value, `it can be ${orList(words.split(', '))}`, `see ${command} --help`);
  }
  const suggestion = /Did you mean (.*)\?\)/.exec(second)?.[1];
  return new TsrunError(
    countsWords.includes(error.code) ? 'WORDS' : 'USAGE',
    first.replaceAll("'", '"').replace('unknown option', 'unknown flag').replace(/\.$/, ''),
    {
      why: reasons[error.code] ?? `${command} does not understand this`,
      hint: suggestion === undefined ? `see ${command} --help` : `did you mean ${suggestion}?`,
      cause: error,
    },
  );
}

const countsWords = ['commander.missingArgument', 'commander.excessArguments'];

const reasons: Readonly<Record<string, string>> = {
  'commander.unknownOption': 'the command has no flag of that name',
  'commander.missingArgument': 'the command needs it',
  'commander.optionMissingArgument': 'the flag needs a value',
  'commander.excessArguments': 'the command takes fewer words',
  'commander.invalidArgument': 'the value is not one of those allowed',
};

/** `-e NAME=value`, `-e NAME` and `--env-file`, as docker reads them. */
import { badValue, type OptionName } from './bad-value.ts';
import { meaningfulLines, type ReadFile, readOptionFile } from './text-file.ts';

/** The caller's own variables: `NAME` without a value takes from here. */
export type CallerEnv = Readonly<Record<string, string | undefined>>;

/** An object, or docker's `NAME=value` and `NAME`. `undefined` takes the caller's value, as `NAME` does. */
export type EnvOption = Readonly<Record<string, string | undefined>> | readonly string[];

/**
 * `NAME=value` entries. A `NAME` that the caller does not have is left out, as in docker.
 *
 * @example parseEnv(['A=1', 'HOME'], process.env, '-e') // ['A=1', 'HOME=/root']
 * @throws TsrunError USAGE
 */
export function parseEnv(given: EnvOption, caller: CallerEnv, name: OptionName): string[] {
  const entries = isList(given)
    ? given
    : Object.entries(given).map(([key, value]) => {
        // Its end would become a part of the value, of another variable.
        if (key.includes('=')) throw badValue(name, key, 'the name of the variable has a "=" in it', 'leave it out');
        return value === undefined ? key : `${key}=${value}`;
      });
  return entries.flatMap((entry) => parseEntry(entry, caller, entry, name));
}

/** The entries of one env file. Values are taken as they stand: no quotes, no expansion. */
export function parseEnvFile(path: string, caller: CallerEnv, name: OptionName, readFile: ReadFile): string[] {
  const found: string[] = [];
  for (const { number, line } of meaningfulLines(readOptionFile(path, name, readFile))) {
    const variable = line.split('=', 1)[0] ?? '';
    if (/\s/.test(variable.trimEnd()) || (line.includes('=') && variable !== variable.trimEnd())) {
      throw badValue(
        name,
        path,
        `line ${number}: the name "${variable}" has a blank in it`,
        'write NAME=value, one a line',
      );
    }
    found.push(...parseEntry(line.includes('=') ? line : line.trimEnd(), caller, `${path}:${number}`, name));
  }
  return found;
}

function parseEntry(entry: string, caller: CallerEnv, value: string, name: OptionName): string[] {
  const equals = entry.indexOf('=');
  if (equals === 0 || entry === '')
    throw badValue(name, value, 'the name of the variable is empty', 'write NAME=value, or NAME to pass yours on');
  if (entry.includes('\0'))
    throw badValue(name, value, 'it holds a NUL byte, which no environment can carry', 'remove it');
  if (equals !== -1) return [entry];
  const own = caller[entry];
  return own === undefined ? [] : [`${entry}=${own}`];
}

const isList = (given: EnvOption): given is readonly string[] => Array.isArray(given);

import { describe, expect, test } from 'vitest';
import { TsrunError } from '../errors/tsrun-error.ts';
import { parseArgv } from './argv.ts';
import { runFlags } from './run-help.ts';
import { unsupportedRunFlags, unsupportedRunLetters } from './run-unsupported.ts';

const table = {
  command: 'tsrun run',
  flags: runFlags,
  unsupported: unsupportedRunFlags,
  unsupportedLetters: unsupportedRunLetters,
};
const parse = (
  line: string,
): { readonly values: Record<string, readonly string[]>; readonly rest: readonly string[] } => {
  const { values, rest } = parseArgv(line.split(' '), table);
  return { values: Object.fromEntries(values), rest };
};
function refusal(line: string): string {
  try {
    return JSON.stringify(parse(line));
  } catch (error) {
    if (!(error instanceof TsrunError)) throw error;
    return `${error.code}: ${error.message} / ${error.why} / ${error.hint}`;
  }
}

describe('flags are read as docker reads them', () => {
  test.each<[string, Record<string, readonly string[]>, readonly string[]]>([
    ['-it alpine sh -c x', { interactive: ['true'], tty: ['true'] }, ['alpine', 'sh', '-c', 'x']],
    ['--rm=false alpine', { rm: ['false'] }, ['alpine']],
    ['-m 64m --memory=32m -m16m -m=8m x', { memory: ['64m', '32m', '16m', '8m'] }, ['x']],
    ['-e A=1 -eB=2 -e=C=3 --env D=4 --env=E=5 x', { env: ['A=1', 'B=2', 'C=3', 'D=4', 'E=5'] }, ['x']],
    ['-itm 64m x', { interactive: ['true'], tty: ['true'], memory: ['64m'] }, ['x']],
    ['-itm64m x', { interactive: ['true'], tty: ['true'], memory: ['64m'] }, ['x']],
    ['--rm -- --odd-image arg', { rm: ['true'] }, ['--odd-image', 'arg']],
    ['--rm x -- y', { rm: ['true'] }, ['x', '--', 'y']],
    ['--rm - sh', { rm: ['true'] }, ['-', 'sh']],
    ['--rm -:several:one sh', { rm: ['true'] }, ['-:several:one', 'sh']],
    ['--dry-run alpine.tar sh', { 'dry-run': [''] }, ['alpine.tar', 'sh']],
    ['--dry-run=shell alpine.tar', { 'dry-run': ['shell'] }, ['alpine.tar']],
    ['--net host x', { network: ['host'] }, ['x']],
    ['--memory-swap -1 x', { 'memory-swap': ['-1'] }, ['x']],
    ['-h web x', { hostname: ['web'] }, ['x']],
    ['--store /s x --store /t', { store: ['/s'] }, ['x', '--store', '/t']],
    ['-it=false x', { interactive: ['true'], tty: ['false'] }, ['x']],
  ])('%s', (line, values, rest) => {
    expect(parse(line)).toEqual({ values, rest });
  });
});

describe('what cannot be read is explained', () => {
  test.each([
    ['--memroy 64m x', 'USAGE: unknown flag "--memroy" / tsrun run has no flag of that name / did you mean --memory?'],
    ['--zzzzzz x', 'see tsrun run --help'],
    ['-x', 'unknown flag "-x"'],
    ['-iz x', 'unknown flag "-z" in "-iz"'],
    ['-rm x', 'did you mean --rm?'],
    ['-a x', 'NOT_YET: tsrun run cannot do -a yet'],
    ['--memory', '--memory needs a value / it stands at the end of the line; it takes SIZE'],
    ['-m', '-m needs a value'],
    ['--constructor x', 'unknown flag "--constructor"'],
  ])('%s', (line, expected) => {
    expect(refusal(line)).toContain(expected);
  });
});

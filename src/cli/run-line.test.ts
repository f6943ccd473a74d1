import { expect, test } from 'vitest';
import { parseArgv } from './argv.ts';
import { runFlags } from './run-help.ts';
import { modeFrom, optionsFrom, spellOption } from './run-line.ts';

const parse = (line: string) =>
  parseArgv(line.split(' '), { command: 'tsrun run', flags: runFlags, unsupported: {}, unsupportedLetters: {} });

test('flags become options: the last value wins, lists grow, switches may be switched off', () => {
  const parsed = parse('-m 1g -m 2g -e A=1 -e B=2 --rm --rm=false -it --sig-proxy=false x');
  expect(optionsFrom(parsed, ['sh'])).toEqual({
    memory: '2g',
    env: ['A=1', 'B=2'],
    rm: false,
    interactive: true,
    tty: true,
    sigProxy: false,
    command: ['sh'],
  });
});

test('no two flags share a spelling or a letter', () => {
  const names = runFlags.flatMap(({ long, short, aliases }) => [
    long,
    ...aliases,
    ...(short === null ? [] : [`-${short}`]),
  ]);
  expect(new Set(names).size).toBe(names.length);
});

test('options are named by their flags', () => {
  expect(spellOption('cpusetCpus')).toBe('--cpuset-cpus');
  expect(spellOption('command')).toBe('command');
});

test.each([
  ['x', { type: 'run', quiet: false }],
  ['-q x', { type: 'run', quiet: true }],
  ['--dry-run x', { type: 'dry-run', format: 'json' }],
  ['--dry-run=shell x', { type: 'dry-run', format: 'shell' }],
  ['--explain x', { type: 'explain', format: 'text' }],
])('%s is the mode %j', (line, mode) => {
  expect(modeFrom(parse(line))).toMatchObject(mode);
});

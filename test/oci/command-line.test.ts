/** What is typed wrongly is named, before anything is read or done; both answerers of tsrun-oci, native and Node. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { tsrunOci } from './tsrun-oci.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const root = join(home.path, 'state');
// Without a config.json: which is what would be read next.
const empty = join(home.path, 'empty');
mkdirSync(empty);
const call = (...args: readonly string[]) => tsrunOci(root, args, { cwd: empty });

describe('an id that is missing, one too many, or none', () => {
  const unnamed = 'tsrun-oci: no container was named\n';
  test.each([
    ['create', 1],
    ['run', 255],
    ['exec', 255],
    ['ps', 1],
    ['pause', 1],
    ['resume', 1],
    ['update', 1],
    ['events', 1],
  ] as const)('%s', (verb, status) => {
    const { stderr, ...rest } = call(verb);
    expect(rest).toEqual({ stdout: '', status });
    expect(stderr.startsWith(unnamed)).toBe(true);
    // Behind that of exec and ps is something else.
    if (verb !== 'exec' && verb !== 'ps') expect(call(verb, 'a', 'b')).toMatchObject({ stdout: '', status });
    const words = verb === 'exec' ? ['true'] : [];
    expect(call(verb, '../c', ...words).stderr).toMatch(/^tsrun-oci: "\.\.\/c" is not a container's id\n/);
  });

  test.each(['start', 'state', 'kill', 'delete'])('%s', (verb) => {
    expect(call(verb)).toMatchObject({ stdout: '', status: 1 });
    expect(call(verb).stderr).toContain(`${verb} is called as: tsrun-oci ${verb} `);
    expect(call(verb, '../c').stderr).toMatch(/^tsrun-oci: "\.\.\/c" is not a container's id\n/);
  });
});

describe('a flag', () => {
  test.each([
    [['state', '--nosuch', 'c'], 'cannot understand "state --nosuch c"'],
    [['list', '--nosuch'], 'unknown flag "--nosuch"'],
    [['--nosuch', 'list'], 'unknown flag "--nosuch"'],
    [['--log-format', 'xml', 'list'], '--log-format cannot be "xml"'],
    [['--log-format', 'xml', 'state', 'c'], '--log-format cannot be "xml"'],
    [['--cgroup-manager', 'nosuch', 'delete', 'c'], '--cgroup-manager cannot be "nosuch"'],
    [['list', '--format', 'xml'], '--format cannot be "xml"'],
    [['kill', 'c', 'NOSUCH'], '"NOSUCH" is not a signal'],
    [['events', '--interval', '0s', 'c'], '--interval cannot be "0s"'],
    [['events', '--stats', '--interval', 'x', 'c'], '--interval cannot be "x"'],
    [['update', '--l3-cache-schema', 'L3:0=f', 'c'], 'cannot use --l3-cache-schema'],
    [['update', '--mem-bw-schema', 'MB:0=50', 'c'], 'Intel RDT is not supported'],
    [['update', '--memory', 'much', 'c'], '--memory'],
    [['update', '--cpu-quota', '1.5', 'c'], '--cpu-quota cannot be "1.5"'],
  ] as const)('%j', (args, words) => {
    const log = join(home.path, 'log');
    const { stdout, stderr, status } = call('--log', log, ...args);
    expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
    expect(stderr).toMatch(/^tsrun-oci: /);
    expect(stderr).toContain(words);
    expect(readFileSync(log, 'utf8')).toContain(JSON.stringify(words).slice(1, -1));
  });
});

test('a command that is none is named with the one that was meant', () => {
  expect(call('crate', 'c')).toEqual({
    stdout: '',
    stderr:
      'tsrun-oci: unknown command "crate"\n  tsrun-oci has no command of that name\n  hint: did you mean create?\n',
    status: 1,
  });
});

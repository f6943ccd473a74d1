/** The tests' own tools: a check that cannot fail would be worth nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeHome, scratchPrefix } from './home.ts';
import { leftovers, snapshot } from './machine.ts';
import { missing } from './needs.ts';

describe('the final check', () => {
  test('finds a scratch directory that was left', () => {
    const before = snapshot();
    const left = mkdtempSync(join(tmpdir(), scratchPrefix));
    const found = leftovers(before, snapshot());
    rmSync(left, { recursive: true });
    expect(found).toContain(`file: ${left}`);
  });

  test('finds a process of a container in namespaces of its own', async () => {
    const before = snapshot();
    const child = spawn('unshare', ['--user', '--net', 'sh', '-c', 'echo; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const kinds = leftovers(before, snapshot()).map((line) => line.split(':')[0]);
    child.stdin.end();
    await once(child, 'exit');
    expect(kinds).toEqual(expect.arrayContaining(['network namespace', 'user namespace']));
  });
});

test('a home disappears when it is disposed of', () => {
  let path: string;
  {
    using home = makeHome();
    path = home.path;
    expect(snapshot().get('file')).toContain(path);
  }
  expect(snapshot().get('file')).not.toContain(path);
});

test('exactly one of root and rootless is met', () => {
  expect([missing('root'), missing('rootless')].filter((reason) => reason === null)).toHaveLength(1);
});

test('a program that is not installed is named', () => {
  expect(missing('program-no-such-program')).toBe('no-such-program is not installed');
});

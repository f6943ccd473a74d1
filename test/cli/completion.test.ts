import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** What bash would offer for the last word of a line. */
async function offered(...words: string[]): Promise<string[]> {
  const { stdout } = await tsrun(['completion', 'bash'], { env: home.env });
  const script = `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tsrun; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, ...home.env, PATH: `${dirname(tsrunPath)}:${process.env['PATH'] ?? ''}` };
  const done = spawnSync('bash', ['--norc', '-c', script, 'bash', ...words], { encoding: 'utf8', cwd: home.path, env });
  expect(done.stderr).toBe('');
  return done.stdout.split('\n').filter((word) => word !== '');
}

describe('bash', () => {
  test('offers the commands', async () => {
    expect(await offered('tsrun', 'i')).toEqual(['images', 'inspect', 'image']);
    expect(await offered('tsrun', '--store', '/x', 'comp')).toEqual(['completion']);
  });

  test('offers the flags of run before the image, and not behind it', async () => {
    expect(await offered('tsrun', 'run', '--cpu')).toEqual(
      expect.arrayContaining(['--cpus', '--cpu-shares', '--cpuset-cpus']),
    );
    expect(await offered('tsrun', 'run', '-m', '64m', '--rm', '--memory-s')).toEqual(['--memory-swap']);
    expect(await offered('tsrun', 'run', 'alpine.tar', '--cpu')).toEqual([]);
  });

  test('offers the words a flag takes', async () => {
    expect(await offered('tsrun', 'run', '--network', '')).toEqual(['none', 'host']);
    expect(await offered('tsrun', 'completion', 'z')).toEqual(['zsh']);
  });
});

for (const shell of ['bash', 'zsh', 'fish']) {
  requires(`program-${shell}`)(`the script for ${shell} is without syntax errors`, async () => {
    const { stdout } = await tsrun(['completion', shell], { env: home.env });
    const checked = spawnSync(shell, ['-n'], { input: stdout, encoding: 'utf8' });
    expect(checked.stderr).toBe('');
    expect(checked.status).toBe(0);
  });
}

test('the scripts for zsh and fish know the flags of run', async () => {
  for (const shell of ['zsh', 'fish']) {
    const { stdout } = await tsrun(['completion', shell], { env: home.env });
    expect(stdout).toContain('memory-swap');
    expect(stdout).toContain('doctor');
  }
});

/** A command that looks at a container in the moment of its end. */
import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

test('the monitor that says how it ended while a command reads its files is believed', async () => {
  const id = await kept.detached('quick', 'exit 7');
  expect(await kept.text('wait', 'quick')).toBe('7');
  const fileOf = (name: string): string => join(kept.home.store, 'containers', id, name);
  const [exit, running] = ['exit', 'ran'].map((name) => readFileSync(fileOf(name), 'utf8'));
  // As it was before its end; and what the command reads lasts until its monitor is done.
  renameSync(fileOf('exit'), fileOf('exit-later'));
  renameSync(fileOf('ran'), fileOf('ran-later'));
  expect(spawnSync('mkfifo', [fileOf('running')]).status).toBe(0);
  const waiting = kept.run('wait', 'quick');
  const pipe = await open(fileOf('running'), 'w');
  await pipe.write(running ?? '');
  writeFileSync(fileOf('exit'), exit ?? '');
  renameSync(fileOf('ran-later'), fileOf('ran'));
  spawnSync('rm', [fileOf('running'), fileOf('exit-later')]);
  await pipe.close();
  expect(await waiting).toMatchObject({ stdout: '7\n', exitCode: 0 });
  await kept.text('rm', 'quick');
});

/** What is left of a program that gives up, or is killed, in the midst of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect } from 'vitest';
import { create, list, open } from '../../src/index.ts';
import { fixture, repository } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const places = { store: home.store, root: home.state };

/** Runs as a program of its own, with the built package. */
function program(source: string) {
  const text = `import { create } from ${JSON.stringify(pathToFileURL(join(repository, 'dist/lib/index.js')).href)};
    const places = ${JSON.stringify(places)};
    ${source}`;
  return spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('a container of create goes on when its program is killed, and the next program finds it', async () => {
  const child = program(`
    const created = await create(${JSON.stringify(busybox)}, { ...places, name: 'orphan', command: ['sleep', '1000'] });
    await created.start();
    process.kill(process.pid, 'SIGKILL');`);
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  const found = await open('orphan', places);
  if (found.state !== 'running') throw new Error(`it is ${found.state}`);
  expect(await (await found.exec(['echo', 'here'])).result()).toMatchObject({ stdout: 'here\n', exitCode: 0 });
  await (await found.stop({ stopSignal: 'KILL' })).remove();
});

test('a program ends when it has nothing left to do, and its container goes on', async () => {
  const child = program(`
    const created = await create(${JSON.stringify(busybox)}, { ...places, name: 'left', command: ['sleep', '1000'] });
    const running = await created.start();
    await (await running.exec(['true'])).result();
    const attached = await running.attach();
    await attached[Symbol.asyncDispose]();`);
  expect(await once(child, 'exit')).toEqual([0, null]);
  const found = await open('left', places);
  if (found.state !== 'running') throw new Error(`it is ${found.state}`);
  await (await found.stop({ stopSignal: 'KILL' })).remove();
});

test('a start that is given up at any moment leaves the container as before, or running', async () => {
  const outcomes = new Set<string>();
  // From before the first look at the image to well after the command's start.
  for (let turns = 1; turns < 20_000; turns = Math.ceil(turns * 1.4)) {
    await using created = await create(busybox, { ...places, command: ['sleep', '1000'] });
    const abort = new AbortController();
    const starting = created.start({ signal: abort.signal }).then(
      ({ state }) => state,
      (error: { readonly code?: string }) => error.code,
    );
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    const outcome = await starting;
    outcomes.add(`${outcome}, ${(await created.inspect()).state}`);
  }
  expect(outcomes).toContain('ABORTED, created');
  expect([...outcomes].filter((each) => each !== 'ABORTED, created' && each !== 'running, running')).toEqual([]);
  expect(readdirSync(join(home.store, 'containers'))).toEqual([]);
});

test('where there is no store yet there are no containers', async () => {
  const nowhere = { store: join(home.path, 'no-store'), root: join(home.path, 'no-state') };
  expect(await list(nowhere)).toEqual([]);
  await expect(open('x', nowhere)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
});

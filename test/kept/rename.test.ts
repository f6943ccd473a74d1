/** Another name for a container. */
import { symlinkSync } from 'node:fs';
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

test('a running and a stopped one answer to the new name, and the old one is free', async () => {
  const id = await kept.detached('before', 'sleep 1000');
  expect(await kept.text('rename', 'before', 'after')).toBe('');
  expect(await kept.inspect('after', '{{.Id}} {{.Name}} {{.State.Status}}')).toBe(`${id} /after running`);
  expect((await kept.run('stop', 'before')).exitCode).toBe(1);
  expect(kept.entries('container-names')).toEqual(['after']);
  await kept.text('stop', '-t', '0', 'after');
  await kept.text('rename', id.slice(0, 12), 'third');
  await kept.text('start', 'third');
  expect(await kept.text('ps', '--format', '{{.Names}}')).toBe('third');
  await kept.detached('after', 'true');
  await kept.text('rm', '-f', 'third', 'after');
  expect(kept.entries('container-names')).toEqual([]);
});

test('a name of another and its own are refused', async () => {
  await kept.detached('one', 'sleep 1000');
  await kept.detached('two', 'sleep 1000');
  const taken = await kept.run('rename', 'one', 'two');
  expect(taken.stderr).toContain('cannot use the name "two"\n  a container of that name exists');
  expect(taken.exitCode).toBe(1);
  expect(await kept.run('rename', 'one', 'one')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('that is its name already') as string,
  });
  expect((await kept.run('rename', 'one', '-')).stderr).toContain('invalid value "-"');
  expect(await kept.text('ps', '--format', '{{.Names}}')).toBe('two\none');
  await kept.text('rm', '-f', 'one', 'two');
});

test('of many at once to one name one wins', async () => {
  const names = ['a1', 'a2', 'a3', 'a4'];
  for (const name of names) await kept.detached(name, 'sleep 1000');
  const outcomes = await Promise.all(names.map((name) => kept.run('rename', name, 'winner')));
  expect(outcomes.filter(({ exitCode }) => exitCode === 0).length).toBe(1);
  expect((await kept.text('ps', '--format', '{{.Names}}')).split('\n').filter((name) => name === 'winner')).toEqual([
    'winner',
  ]);
  expect(kept.entries('container-names').length).toBe(4);
  await kept.text('rm', '-f', ...kept.entries('container-names'));
});

test('a name that a killed rename left can be used', async () => {
  const id = await kept.detached('real', 'sleep 1000');
  symlinkSync(id, join(kept.home.store, 'container-names', 'left'));
  await kept.detached('left', 'true');
  expect(await kept.inspect('left', '{{.Name}}')).toBe('/left');
  expect(await kept.inspect('real', '{{.Id}}')).toBe(id);
  await kept.text('rm', '-f', 'real', 'left');
});

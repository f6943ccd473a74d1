import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type HostileCase, ontoSymlinks, throughSymlinks } from '../../rootfs-fixtures/layers/hostile.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { attackAll, makeCanary } from './layer-attack.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

const formOf = ({ name }: HostileCase): string => /[(](.*)[)]$/.exec(name)?.[1] ?? '';
const forms = new Set(throughSymlinks({ canary: '/canary', up: '..' }).map(formOf));

for (const form of forms) {
  requires('subuid')(`symlinks in a layer lead nowhere outside: ${form}`, async () => {
    const canary = makeCanary(join(home.path, form.replaceAll(' ', '-')));
    await attackAll(
      canary,
      throughSymlinks(canary).filter((hostile) => formOf(hostile) === form),
    );
  });
}

// Held by two defenses, the chroot of the workbench and O_EXCL | O_NOFOLLOW: with both removed, the files outside are overwritten.
requires('subuid', 'program-python3')('entries of a symlink’s own name replace the symlink', async () => {
  const canary = makeCanary(join(home.path, 'own-name'));
  await attackAll(canary, ontoSymlinks(canary));
});

import { join } from 'node:path';
import { afterAll } from 'vitest';
import { ontoSymlinks, throughSymlinks } from '../../rootfs-fixtures/layers/hostile.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { attackAll, makeCanary } from './layer-attack.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

requires('subuid', 'program-python3')('symlinks in a layer lead nowhere outside', async () => {
  const canary = makeCanary(home.path);
  await attackAll(canary, throughSymlinks(canary));
});

// Held by two defenses, the chroot of the workbench and O_EXCL | O_NOFOLLOW: with both removed, the files outside are overwritten.
requires('subuid', 'program-python3')('entries of a symlink’s own name replace the symlink', async () => {
  const canary = makeCanary(join(home.path, 'own-name'));
  await attackAll(canary, ontoSymlinks(canary));
});

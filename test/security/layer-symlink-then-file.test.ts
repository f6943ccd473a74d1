import { afterAll } from 'vitest';
import { throughSymlinks } from '../../rootfs-fixtures/layers/hostile.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { attackAll, makeCanary } from './layer-attack.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

requires('subuid', 'program-python3')('symlinks in a layer lead nowhere outside', async () => {
  const canary = makeCanary(home.path);
  await attackAll(canary, throughSymlinks(canary));
});

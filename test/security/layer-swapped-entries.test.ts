import { afterAll } from 'vitest';
import { swappedEntries } from '../../rootfs-fixtures/layers/hostile.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { attackAll, makeCanary } from './layer-attack.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

requires('subuid', 'program-python3')('entries that turn into symlinks lead nowhere outside', async () => {
  const canary = makeCanary(home.path);
  await attackAll(canary, swappedEntries(canary));
});

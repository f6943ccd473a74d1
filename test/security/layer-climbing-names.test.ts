import { afterAll } from 'vitest';
import { climbingNames } from '../../rootfs-fixtures/layers/hostile.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { attackAll, makeCanary } from './layer-attack.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

requires('subuid', 'program-python3')('names that climb or are absolute stay in the layer', async () => {
  const canary = makeCanary(home.path);
  await attackAll(canary, climbingNames(canary));
});

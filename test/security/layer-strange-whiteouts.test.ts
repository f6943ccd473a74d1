import { afterAll, expect } from 'vitest';
import { strangeWhiteouts } from '../../rootfs-fixtures/layers/hostile.ts';
import { makeHome } from '../support/home.ts';
import { applyAll } from '../support/layers.ts';
import { requires } from '../support/requires.ts';
import { attackAll, makeCanary } from './layer-attack.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

requires('subuid')('a whiteout of nothing, of "." or of ".." is refused and deletes nothing', async () => {
  const canary = makeCanary(home.path);
  await attackAll(canary, strangeWhiteouts());
  for (const { layers } of strangeWhiteouts()) {
    await expect(applyAll(canary.layers, layers)).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
  }
});

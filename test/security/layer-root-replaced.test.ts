/** The layer's own root as something else than a directory (CVE-2021-29136). */
import { afterAll, expect } from 'vitest';
import { otherRoots } from '../../rootfs-fixtures/layers/hostile.ts';
import { makeHome } from '../support/home.ts';
import { applyAll } from '../support/layers.ts';
import { requires } from '../support/requires.ts';
import { attackAll, makeCanary } from './layer-attack.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

requires('subuid')('a root that is a link, a file or a device is refused, and leads nowhere', async () => {
  const canary = makeCanary(home.path);
  const cases = otherRoots(canary);
  await attackAll(canary, cases);
  for (const { name, layers } of cases) {
    await expect(applyAll(canary.layers, layers), name).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
  }
});

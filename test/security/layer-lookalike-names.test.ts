/** Names that a filesystem elsewhere folds into one (CVE-2021-37701, CVE-2021-37712, CVE-2026-23950): here they are two. */
import { afterAll } from 'vitest';
import { lookalikes } from '../../rootfs-fixtures/layers/hostile.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { attackAll, makeCanary } from './layer-attack.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

requires('subuid')('names that look alike do not stand for one another', async () => {
  const canary = makeCanary(home.path);
  await attackAll(canary, lookalikes(canary));
});

/** Archives damaged at random (the same every time): each is refused or unpacked, never a crash, never outside. */
import { afterAll } from 'vitest';
import { throughSymlinks } from '../../rootfs-fixtures/layers/hostile.ts';
import { randomLayers, randomNumbers } from '../../rootfs-fixtures/layers/random.ts';
import {
  archive,
  gnuLong,
  pax,
  rawDirectory,
  rawFile,
  rawHardLink,
  rawSymlink,
  sealed,
} from '../../rootfs-fixtures/layers/raw-tar.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { attackAll, makeCanary } from './layer-attack.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

const ROUNDS = 150;

/** Changes some bytes. Checksums are made right again most of the time, or nothing behind them would ever be tried. */
function damaged(bytes: Buffer, below: (bound: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  for (let changes = 1 + below(4); changes > 0; changes -= 1) {
    const block = below(copy.length / 512) * 512;
    const interesting = [0, 100, 108, 124, 124, 136, 156, 156, 157, 257, 345, 386, 482];
    const at = block + (interesting[below(interesting.length)] ?? 0) + below(12);
    copy[at] = below(3) === 0 ? 0x30 + below(10) : below(256);
    if (below(5) !== 0 && copy[block] !== 0) sealed(copy.subarray(block, block + 512));
  }
  return below(10) === 0 ? copy.subarray(0, below(copy.length)) : copy;
}

requires('subuid')(`${ROUNDS} damaged archives`, async () => {
  const canary = makeCanary(home.path);
  const below = randomNumbers(20_240_101);
  const bases = [
    archive(
      rawDirectory('d', { mode: 0o755 }),
      rawFile('d/f', 'content'.repeat(200)),
      rawSymlink('l', canary.canary),
      rawHardLink('h', 'd/f'),
      pax({ path: 'long/'.repeat(30), 'SCHILY.xattr.user.a': 'v', mtime: '1.5' }),
      rawDirectory('x'),
      gnuLong('L', `${'n'.repeat(150)}/${'m'.repeat(150)}`),
      rawFile('y', 'y'),
      pax({ 'GNU.sparse.size': '4096', 'GNU.sparse.map': '512,2,2000,3', 'GNU.sparse.name': 'sparse' }),
      rawFile('z', 'abcde'),
      rawFile('.wh.gone'),
      rawFile('d/.wh..wh..opq'),
    ),
    ...throughSymlinks(canary)
      .slice(0, 8)
      .flatMap(({ layers }) => layers),
    ...randomLayers(7, 3, 12),
  ];
  const cases = Array.from({ length: ROUNDS }, (_, round) => ({
    name: `round ${round}`,
    layers: [
      bases[below(bases.length)] ?? Buffer.alloc(0),
      damaged(bases[below(bases.length)] ?? Buffer.alloc(0), below),
    ],
  }));
  await attackAll(canary, cases);
});

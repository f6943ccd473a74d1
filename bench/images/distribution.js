// The files of a made-up distribution: 12,000 of them, 300 MB, in four layers, the same on every machine.
import { createHash } from 'node:crypto';
import { TarFile } from './tar.js';

const files = 12_000;
const total = 300_000_000;
/** Share of the files in each layer: a base, packages, a language's modules, the program. */
const layers = [0.45, 0.3, 0.2, 0.05];
const largest = 24_000_000;

/** A small generator of pseudo-random numbers (xorshift32): the same sequence everywhere. */
export function randomFrom(/** @type {number} */ seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * Sizes as in a distribution: half of the files below 4 KB, most of the bytes in few large ones (log-normal).
 *
 * @param {() => number} random
 */
function fileSizes(random) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const raw = Array.from({ length: files }, () => Math.exp(normal() * 2.1));
  let scale = total / raw.reduce((sum, size) => sum + size, 0);
  // What the largest would have too much, the others get.
  for (let i = 0; i < 8; ++i) {
    scale *= total / raw.reduce((sum, size) => sum + Math.min(size * scale, largest), 0);
  }
  return raw.map((size) => Math.floor(Math.min(size * scale, largest)));
}

/** Bytes that gzip halves, as it does programs and their data: words again and again, with noise between them. */
export function contentPool(/** @type {() => number} */ random) {
  const pool = Buffer.alloc(8 << 20);
  const words = Array.from({ length: 512 }, () => Buffer.from(Array.from({ length: 12 }, () => random() * 256)));
  for (let at = 0; at < pool.length - 32; ) {
    const word = words[Math.floor(random() * words.length)];
    at += word?.copy(pool, at) ?? 0;
    if (random() < 0.6) for (let noise = Math.floor(random() * 16); noise > 0; --noise) pool[at++] = random() * 256;
  }
  return pool;
}

/**
 * Writes the layers as plain tar files.
 *
 * @param {string} program a static program with the names sh, true and sleep: busybox
 * @param {Buffer} bytes its content
 * @param {(index: number) => string} pathOf of a layer
 * @param {readonly number[]} shares of the files, for each layer
 * @returns {{ path: string, digest: string }[]} digest: of the tar, as in diff_ids
 */
export function writeLayers(program, bytes, pathOf, shares = layers) {
  const random = randomFrom(0x5eed);
  const sizes = fileSizes(random);
  const pool = contentPool(random);
  let made = 0;
  return shares.map((share, index) => {
    const hash = createHash('sha256');
    const path = pathOf(index);
    const tar = new TarFile(path, (piece) => hash.update(piece));
    if (index === 0) addProgram(tar, program, bytes);
    const top = `usr/lib/part${index}`;
    for (const directory of ['usr', 'usr/lib', top]) tar.add({ type: 'directory', path: directory });
    const count = Math.round(files * share);
    for (let i = 0; i < count; ++i) {
      // Ten files a directory; every twelfth file has a link beside it.
      const directory = `${top}/module-${Math.floor(i / 10)}`;
      if (i % 10 === 0) tar.add({ type: 'directory', path: directory });
      const name = `${directory}/file-${i}`;
      tar.add(
        { type: 'file', path: name, mode: i % 8 === 0 ? 0o755 : 0o644 },
        slices(pool, sizes[made++] ?? 0, random),
      );
      if (i % 12 === 0) tar.add({ type: 'symlink', path: `${name}.link`, target: `file-${i}` });
    }
    tar.end();
    return { path, digest: `sha256:${hash.digest('hex')}` };
  });
}

/**
 * @param {TarFile} tar
 * @param {string} program
 * @param {Buffer} bytes
 */
function addProgram(tar, program, bytes) {
  for (const path of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp']) tar.add({ type: 'directory', path });
  tar.add({ type: 'file', path: `bin/${program}`, mode: 0o755 }, [bytes]);
  for (const name of ['sh', 'true', 'sleep']) tar.add({ type: 'symlink', path: `bin/${name}`, target: program });
  tar.add({ type: 'file', path: 'etc/passwd' }, [Buffer.from('root:x:0:0:root:/root:/bin/sh\n')]);
}

/**
 * Pieces of the pool that together have a size, from a place of the file's own.
 *
 * @param {Buffer} pool
 * @param {number} size
 * @param {() => number} random
 */
function slices(pool, size, random) {
  const pieces = [];
  let at = Math.floor(random() * pool.length);
  for (let left = size; left > 0; at = 0) {
    const piece = pool.subarray(at, Math.min(pool.length, at + left));
    pieces.push(piece);
    left -= piece.length;
  }
  return pieces;
}

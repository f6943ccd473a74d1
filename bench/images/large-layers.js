// An image of a few large layers, as an OCI layout in a directory: nothing but bytes.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { contentPool, randomFrom } from './distribution.js';
import { TarFile } from './tar.js';

const fileBytes = 64 << 20;

/**
 * @param {string} directory is made
 * @param {{ layers: number, bytes: number, compression: 'none' | 'gzip' }} shape bytes of all layers together, unpacked
 */
export async function writeLargeLayers(directory, { layers, bytes, compression }) {
  const blobs = join(directory, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const pool = contentPool(randomFrom(0x5eed));
  const diffIds = [];
  const descriptors = [];
  for (let index = 0; index < layers; ++index) {
    const tar = join(directory, 'layer.tar');
    diffIds.push(writeTar(tar, pool, index, bytes / layers));
    descriptors.push(await storeBlob(blobs, tar, compression));
  }
  const document = (/** @type {string} */ type, /** @type {object} */ value) => {
    const text = Buffer.from(JSON.stringify(value));
    const hex = createHash('sha256').update(text).digest('hex');
    writeFileSync(join(blobs, hex), text);
    return { mediaType: `application/vnd.oci.image.${type}.v1+json`, digest: `sha256:${hex}`, size: text.length };
  };
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const rootfs = { type: 'layers', diff_ids: diffIds };
  const config = document('config', { architecture, os: 'linux', config: { Cmd: ['sh'] }, rootfs });
  const manifest = document('manifest', { schemaVersion: 2, config, layers: descriptors });
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  writeFileSync(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}

/**
 * @param {string} path
 * @param {Buffer} pool
 * @param {number} index of the layer
 * @param {number} bytes
 */
function writeTar(path, pool, index, bytes) {
  const hash = createHash('sha256');
  const tar = new TarFile(path, (piece) => hash.update(piece));
  const pieces = Array.from({ length: fileBytes / pool.length }, () => pool);
  for (let file = 0; file < bytes / fileBytes; ++file) {
    tar.add({ type: 'file', path: `layer-${index}-file-${file}` }, pieces);
  }
  tar.end();
  return `sha256:${hash.digest('hex')}`;
}

/**
 * @param {string} blobs
 * @param {string} tar is moved or removed
 * @param {'none' | 'gzip'} compression
 */
async function storeBlob(blobs, tar, compression) {
  const blob = compression === 'none' ? tar : `${tar}.gz`;
  if (compression === 'gzip') {
    await pipeline(
      createReadStream(tar, { highWaterMark: 1 << 20 }),
      createGzip({ level: 1 }),
      createWriteStream(blob),
    );
    rmSync(tar);
  }
  const hash = createHash('sha256');
  for await (const piece of createReadStream(blob, { highWaterMark: 1 << 20 })) hash.update(piece);
  const hex = hash.digest('hex');
  renameSync(blob, join(blobs, hex));
  const type = compression === 'none' ? 'tar' : 'tar+gzip';
  return {
    mediaType: `application/vnd.oci.image.layer.v1.${type}`,
    digest: `sha256:${hex}`,
    size: statSync(join(blobs, hex)).size,
  };
}

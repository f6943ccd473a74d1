// image-spec image-layout.md, as one tar: the made-up distribution as an image that everybody can load.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { TarFile } from './tar.js';

const types = {
  config: 'application/vnd.oci.image.config.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  none: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

/**
 * @param {readonly { path: string, digest: string }[]} layers plain tar files
 * @param {'none' | 'gzip'} compression of the layers in the archive
 * @param {string} archive
 */
export async function writeOciArchive(layers, compression, archive) {
  const files = compression === 'none' ? layers.map(({ path }) => path) : await Promise.all(layers.map(gzip));
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const tar = new TarFile(archive);
  for (const path of ['blobs', 'blobs/sha256']) tar.add({ type: 'directory', path });
  const blob = (/** @type {Buffer} */ bytes, /** @type {string} */ mediaType) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    tar.add({ type: 'file', path: `blobs/sha256/${hex}` }, [bytes]);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value));
  const config = blob(
    json({
      architecture,
      os: 'linux',
      config: { Env: ['PATH=/bin:/usr/bin'], Cmd: ['sh'] },
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    }),
    types.config,
  );
  const blobs = files.map((file) => blob(readFileSync(file), types[compression]));
  const manifest = blob(json({ schemaVersion: 2, mediaType: types.manifest, config, layers: blobs }), types.manifest);
  const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'bench' } };
  const index = { schemaVersion: 2, mediaType: types.index, manifests: [named] };
  tar.add({ type: 'file', path: 'index.json' }, [json(index)]);
  tar.add({ type: 'file', path: 'oci-layout' }, [json({ imageLayoutVersion: '1.0.0' })]);
  tar.end();
  return { archive, layers: files };
}

/**
 * Compresses a layer beside itself.
 *
 * @param {{ path: string }} layer
 */
export async function gzip({ path }) {
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    createGzip({ level: 6 }),
    createWriteStream(`${path}.gz`),
  );
  return `${path}.gz`;
}

/** The two layouts of `docker save`: up to 24 with a directory per layer, from 25 on an OCI layout with a manifest.json. */
import { directory, type Entry, file } from './entry.ts';
import { type Image, sha256 } from './image.ts';
import { ociLayout } from './oci-layout.ts';

const json = (value: unknown): string => JSON.stringify(value);

/** manifest.json at the top, layers as ID/layer.tar, never compressed. */
export function oldDockerArchive(images: readonly Image[]): readonly Entry[] {
  const configs = new Map(images.map(({ config }) => [`${sha256(config)}.json`, config]));
  const layers = new Map(images.flatMap((image) => image.layers.map(({ tar }) => [sha256(tar), tar] as const)));
  return [
    ...[...configs].map(([name, bytes]) => file(name, bytes)),
    ...[...layers].flatMap(([id, tar]) => [
      directory(id),
      file(`${id}/VERSION`, '1.0'),
      file(`${id}/json`, json({ id })),
      file(`${id}/layer.tar`, tar),
    ]),
    file(
      'manifest.json',
      json(
        images.map(({ reference, config, layers: own }) => ({
          Config: `${sha256(config)}.json`,
          RepoTags: [reference],
          Layers: own.map(({ tar }) => `${sha256(tar)}/layer.tar`),
        })),
      ),
    ),
  ];
}

/** An OCI layout that also has the manifest.json which older readers look for; its layers are blobs. */
export function newDockerArchive(images: readonly Image[]): readonly Entry[] {
  return [
    ...ociLayout(images),
    file(
      'manifest.json',
      json(
        images.map(({ reference, config, layers }) => ({
          Config: `blobs/sha256/${sha256(config)}`,
          RepoTags: [reference],
          Layers: layers.map(({ bytes }) => `blobs/sha256/${sha256(bytes)}`),
        })),
      ),
    ),
  ];
}

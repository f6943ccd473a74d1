/** Documents of an image changed at random, the same every time: each is read or refused in words, never a fault of ours. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../../rootfs-fixtures/layers/random.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { isDigest } from '../digest.ts';
import type { ImageFiles } from './image-files.ts';
import { readArchive } from './recognise.ts';
import { missingMember } from './tar-files.ts';

const rounds = 6000;

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Below = (bound: number) => number;

const hash = (bytes: string): string => createHash('sha256').update(bytes).digest('hex');
const layer = 'bytes of a layer';
const digest = (text: string): string => `sha256:${hash(text)}`;
const oci = (what: string): string => `application/vnd.oci.image.${what}`;

const config = {
  architecture: 'amd64',
  os: 'linux',
  created: '2024-01-01T00:00:00Z',
  config: {
    Env: ['PATH=/bin'],
    Cmd: ['sh'],
    Entrypoint: null,
    User: '1:2',
    WorkingDir: '/',
    Labels: { a: 'b' },
    Volumes: { '/v': {} },
    ExposedPorts: { '80/tcp': {} },
    Healthcheck: { Test: ['CMD', 'true'], Interval: 1_000_000_000, Retries: 3 },
    StopSignal: 'SIGTERM',
  },
  rootfs: { type: 'layers', diff_ids: [digest(layer)] },
  history: [{ created_by: 'COPY', created: '2024-01-01T00:00:00Z' }, { empty_layer: true }],
};

/** A document with one value somewhere replaced, removed, doubled or moved. */
function changed(value: Json, below: Below): Json {
  if (typeof value !== 'object' || value === null || below(4) === 0) return strange(value, below);
  if (Array.isArray(value)) {
    if (value.length === 0 || below(6) === 0) return [...value, strange(null, below)];
    const at = below(value.length);
    return value.flatMap((item, n) => (n !== at ? [item] : below(5) === 0 ? [item, item] : [changed(item, below)]));
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return { extra: strange(null, below) };
  const at = below(entries.length);
  const names = ['__proto__', 'constructor', 'toString', 'manifests', 'layers', 'config', 'mediaType', 'schemaVersion'];
  return JSON.parse(
    `{${entries
      .flatMap(([key, item], n): (readonly [string, Json])[] => {
        if (n !== at) return [[key, item]];
        const kind = below(8);
        if (kind === 0) return [];
        if (kind === 1) return [[names[below(names.length)] ?? '', item]];
        return [[key, changed(item, below)]];
      })
      .map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`)
      .join(',')}}`,
  ) as Json;
}

function strange(value: Json, below: Below): Json {
  const texts = [
    '',
    '../../etc/passwd',
    `sha256:${'g'.repeat(64)}`,
    'sha256:',
    `md5:${'0'.repeat(32)}`,
    '\0',
    '/',
    'x'.repeat(5000),
  ];
  const numbers = [-1, 0, 0.5, 2 ** 53, 1e308, -0];
  switch (below(8)) {
    case 0:
      return null;
    case 1:
      return texts[below(texts.length)] ?? '';
    case 2:
      return numbers[below(numbers.length)] ?? 0;
    case 3:
      return below(2) === 0;
    case 4:
      return [];
    case 5:
      return {};
    case 6:
      return Array.from({ length: 20 }).reduce<Json>((inner) => [inner], value);
    default:
      return typeof value === 'string' ? `${value}${texts[below(texts.length)]}` : [value];
  }
}

/** The text of a document, sometimes with damaged bytes. */
function written(document: Json, below: Below): string {
  const text = JSON.stringify(document);
  if (below(6) !== 0) return text;
  const at = below(text.length + 1);
  return `${text.slice(0, at)}${['', '\0', '"', '{', '\ufeff', '1e9999', ',,'][below(7)]}${text.slice(at + below(3))}`;
}

function archiveOf(members: ReadonlyMap<string, string>): ImageFiles {
  const text = (member: string): string => {
    const found = members.get(member);
    if (found === undefined) throw missingMember('fuzzed.tar', member);
    return found;
  };
  const tops = (prefix: string): ReadonlySet<string> =>
    new Set(
      [...members.keys()]
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length).split('/')[0] ?? ''),
    );
  return {
    name: 'fuzzed.tar',
    size: (member) => Promise.resolve(members.has(member) ? Buffer.byteLength(text(member)) : null),
    read: async (member) => Buffer.from(text(member)),
    async *open(member) {
      yield Buffer.from(text(member));
    },
    topLevel: () => Promise.resolve(tops('')),
    list: (directory) => Promise.resolve(tops(`${directory}/`)),
    close: () => Promise.resolve(),
  };
}

/** A layout whose digests are right again after the change: what is behind them is to be tried. */
function layout(target: number, below: Below): ReadonlyMap<string, string> {
  const change = (n: number, document: Json): string =>
    n === target ? written(changed(document, below), below) : JSON.stringify(document);
  const blobs = new Map<string, string>([[`blobs/sha256/${hash(layer)}`, layer]]);
  const blob = (mediaType: string, text: string): Json => {
    blobs.set(`blobs/sha256/${hash(text)}`, text);
    return { mediaType, digest: digest(text), size: Buffer.byteLength(text) };
  };
  const layers = [{ mediaType: oci('layer.v1.tar'), digest: digest(layer), size: layer.length }];
  const configBlob = blob(oci('config.v1+json'), change(0, config));
  const manifest = { schemaVersion: 2, mediaType: oci('manifest.v1+json'), config: configBlob, layers };
  const manifestBlob = blob(oci('manifest.v1+json'), change(1, manifest));
  const inner = {
    schemaVersion: 2,
    manifests: [{ ...(manifestBlob as object), platform: { os: 'linux', architecture: 'amd64' } }],
  };
  const innerBlob = blob(oci('index.v1+json'), change(2, inner as Json));
  const annotations = { 'org.opencontainers.image.ref.name': 'one' };
  const index = change(3, { schemaVersion: 2, manifests: [{ ...(innerBlob as object), annotations }] } as Json);
  return new Map([['oci-layout', change(4, { imageLayoutVersion: '1.0.0' })], ['index.json', index], ...blobs]);
}

function dockerArchive(target: number, below: Below): ReadonlyMap<string, string> {
  const change = (n: number, document: Json): string =>
    n === target ? written(changed(document, below), below) : JSON.stringify(document);
  const configText = change(0, config);
  const name = `${hash(configText)}.json`;
  const manifest = [{ Config: name, RepoTags: ['a:1'], Layers: ['layer.tar'] }];
  return new Map([
    ['manifest.json', change(1, manifest)],
    [name, configText],
    ['layer.tar', layer],
  ]);
}

describe('an archive with a changed document', () => {
  test.each([
    ['an OCI layout', layout, 5],
    ['a docker-archive', dockerArchive, 2],
  ] as const)(`of the form of %s is read or refused, ${rounds} times`, async (_, make, documents) => {
    const below = randomNumbers(20_261_122);
    let read = 0;
    for (let round = 0; round < rounds; round++) {
      const members = make(below(documents), below);
      try {
        for (const found of (await readArchive(archiveOf(members))) ?? []) {
          const image = await found.read(null);
          // What becomes part of a path in the store.
          for (const used of [image.id, ...image.layers.flatMap(({ diffId, chainId }) => [diffId, chainId])])
            expect(isDigest(used)).toBe(true);
          read += 1;
        }
      } catch (error) {
        if (!(error instanceof TsrunError)) throw new Error(JSON.stringify([...members]), { cause: error });
        expect(error.code).toMatch(/^IMAGE_/);
        expect(error.message.length + (error.why?.length ?? 0)).toBeLessThan(5000);
      }
    }
    // Changes that matter to nobody, and those that do: both have to be among them.
    expect(read).toBeGreaterThan(rounds / 20);
    expect(read).toBeLessThan(rounds - rounds / 20);
  });
});

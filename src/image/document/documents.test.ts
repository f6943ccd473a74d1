import { describe, expect, test } from 'vitest';
import { parseImageConfig } from './image-config.ts';
import { parseImageDocument } from './index-document.ts';
import { maxDocumentBytes, parseJson } from './json.ts';

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const digest = `sha256:${'0'.repeat(64)}`;
const oci = (what: string): string => `application/vnd.oci.image.${what}`;
const config = { mediaType: oci('config.v1+json'), digest, size: 2 };
const layer = { mediaType: oci('layer.v1.tar+gzip'), digest, size: 3 };
const manifest = { schemaVersion: 2, mediaType: oci('manifest.v1+json'), config, layers: [layer] };
const index = { schemaVersion: 2, mediaType: oci('index.v1+json'), manifests: [] };
const invalid = expect.objectContaining({ code: 'IMAGE_INVALID' });
const unsupported = expect.objectContaining({ code: 'IMAGE_UNSUPPORTED' });

describe('a manifest', () => {
  const read = (changes: object, announced: string | null = null) =>
    parseImageDocument(json({ ...manifest, ...changes }), announced, 'manifest');

  test('is read with and without its own media type', () => {
    expect(read({}).kind).toBe('manifest');
    expect(read({ mediaType: undefined }).kind).toBe('manifest');
  });

  test('may have no layers, written as null', () => {
    expect(read({ layers: null })).toMatchObject({ layers: [] });
  });

  test('that is an index as well is refused', () => {
    expect(() => read({ manifests: [] })).toThrow(invalid);
  });

  test('announced as an index is refused', () => {
    expect(() => read({}, oci('index.v1+json'))).toThrow(invalid);
    expect(() => read({ mediaType: oci('index.v1+json') })).toThrow(invalid);
  });

  test('of an unknown media type is unsupported', () => {
    expect(() => read({ mediaType: 'application/x-strange' })).toThrow(unsupported);
    expect(() => read({ mediaType: '__proto__' })).toThrow(unsupported);
  });

  test('with a config that is none, or a layer that is none, is unsupported', () => {
    expect(() => read({ config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json' } })).toThrow(unsupported);
    expect(() => read({ layers: [{ ...layer, mediaType: 'application/x-strange' }] })).toThrow(unsupported);
    expect(() => read({ layers: [{ ...layer, mediaType: `${layer.mediaType}+encrypted` }] })).toThrow('unpack a layer');
  });

  test('of schema version 1 is unsupported', () => {
    expect(() => read({ schemaVersion: 1 })).toThrow(unsupported);
  });

  test.each([
    { digest: 'sha256:../../../etc/passwd' },
    { digest: 5 },
    { size: -1 },
    { size: 1.5 },
    { size: '3' },
    { mediaType: null },
  ])('with the layer field %j is refused', (changes) => {
    expect(() => read({ layers: [{ ...layer, ...changes }] })).toThrow(invalid);
  });

  test('with more layers than overlay takes is refused', () => {
    expect(() => read({ layers: Array.from({ length: 501 }, () => layer) })).toThrow(invalid);
  });
});

test('an index may be empty, also as null', () => {
  expect(parseImageDocument(json(index), null, 'index.json')).toEqual({ kind: 'index', manifests: [] });
  expect(parseImageDocument(json({ ...index, manifests: null }), null, 'index.json').kind).toBe('index');
});

describe('JSON', () => {
  test.each(['', '{', 'nul', '[1,]'])('%j is refused', (text) => {
    expect(() => parseJson(Buffer.from(text), 'index.json')).toThrow(invalid);
  });

  test('bytes that are not UTF-8 are refused', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]), 'x')).toThrow(invalid);
  });

  test('an error never quotes the document, which may be any file of the host', () => {
    const secret = 'root:x:0:0';
    expect(() => parseJson(Buffer.from(secret), 'x')).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining('root'),
        why: expect.not.stringContaining('root'),
      }),
    );
  });

  test('a document over the limit is not parsed', () => {
    expect(() => parseJson(Buffer.alloc(maxDocumentBytes + 1, 0x20), 'x')).toThrow('cannot read');
  });
});

describe('a config', () => {
  const rootfs = { type: 'layers', diff_ids: [digest] };
  const read = (document: object) =>
    parseImageConfig(json({ os: 'linux', architecture: 'amd64', rootfs, ...document }));

  test('gets every default', () => {
    expect(read({}).config).toEqual({
      os: 'linux',
      architecture: 'amd64',
      variant: null,
      env: [],
      entrypoint: [],
      cmd: [],
      user: '',
      workingDir: '',
      stopSignal: null,
      volumes: [],
      exposedPorts: [],
      labels: {},
      created: null,
      healthcheck: null,
      shell: [],
    });
  });

  test('reads what it says, nulls as absent', () => {
    const { config: execution } = read({
      config: { Env: ['A=b'], Cmd: null, Entrypoint: ['x'], Volumes: { '/v': {} }, Labels: { l: 'm' }, StopSignal: '' },
    });
    expect(execution).toMatchObject({
      env: ['A=b'],
      cmd: [],
      entrypoint: ['x'],
      volumes: ['/v'],
      labels: { l: 'm' },
      stopSignal: null,
    });
  });

  test.each([
    { Env: 'A=b' },
    { Env: ['=b'] },
    { Env: ['A=b\0C'] },
    { Cmd: [1] },
    { Labels: { a: 1 } },
    { Volumes: [] },
    { WorkingDir: {} },
  ])('with %j is refused', (execution) => {
    expect(() => read({ config: execution })).toThrow(invalid);
  });

  test('a label called __proto__ is a label', () => {
    const text = `{"os":"linux","rootfs":{"diff_ids":[]},"config":{"Labels":{"__proto__":"x"}}}`;
    const { labels } = parseImageConfig(Buffer.from(text)).config;
    expect(Object.entries(labels)).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
  });

  test('without rootfs is refused', () => {
    expect(() => parseImageConfig(json({ os: 'linux' }))).toThrow(invalid);
  });
});

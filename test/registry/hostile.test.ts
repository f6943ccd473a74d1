/** Registries that misbehave: a clear error, and nothing of it in the store. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { directory, file } from '../../rootfs-fixtures/entry.ts';
import { type Image, imageOf } from '../../rootfs-fixtures/image.ts';
import type { ImageProgress } from '../../src/image/progress.ts';
import {
  endless,
  type FakeRegistry,
  manifestType,
  sendBlob,
  type Takeover,
  trickle,
} from '../support/fake-registry.ts';
import { progressLog } from '../support/image-context.ts';
import { failure, impatient, patient, pullHarness } from '../support/pull-harness.ts';

const { registry: registryOf, pull, leftInStore } = pullHarness();

const large = randomBytes(300_000).toString('hex');
const image = imageOf({
  reference: 'x',
  layers: [[directory('bin'), file('bin/large', large)], [file('etc', 'second\n')]],
  config: { Cmd: ['sh'] },
});

const registry = (
  takeover?: Takeover,
  of: Image = image,
  layer: (descriptor: object) => object = (same) => same,
): Promise<FakeRegistry> => registryOf(of, takeover, { layer });

const isLayer = (request: IncomingMessage, fake: () => FakeRegistry, index = 0): boolean =>
  request.url?.endsWith(fake().digests.layers[index] ?? '?') === true;
const isManifest = (request: IncomingMessage): boolean => request.url?.includes('/manifests/') === true;
const blobOf = (index = 0): Buffer => image.layers[index]?.bytes ?? Buffer.alloc(0);

/** A registry whose first layer is answered so. */
async function withLayer(answer: (request: IncomingMessage, response: ServerResponse, nth: number) => void) {
  let nth = 0;
  const fake: FakeRegistry = await registry((request, response) => {
    if (!isLayer(request, () => fake)) return false;
    nth += 1;
    answer(request, response, nth);
    return true;
  });
  return fake;
}

describe('a blob', () => {
  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void, string, RegExp]>([
    [
      'with other contents of the same size',
      (_, response) => response.end(Buffer.concat([blobOf().subarray(0, 100), Buffer.alloc(blobOf().length - 100)])),
      'IMAGE_INVALID',
      /corrupt/,
    ],
    [
      "with another layer's contents, filled up to its size",
      (_, response) => response.end(Buffer.concat([blobOf(1), Buffer.alloc(blobOf().length - blobOf(1).length)])),
      'IMAGE_INVALID',
      /its contents have the digest|diffID/,
    ],
    [
      'that is cut short each time',
      (_, response) => {
        response.writeHead(200, { 'content-length': blobOf().length });
        response.write(blobOf().subarray(0, 1000), () => response.destroy());
      },
      'REGISTRY',
      /broke after 1000 of \d+ bytes.*the 5th time/,
    ],
    [
      'that ends too early, without a length',
      (request, response) => {
        if (request.headers.range !== undefined) response.writeHead(416).end();
        else response.writeHead(200).write(blobOf().subarray(0, 1000), () => response.end());
      },
      'REGISTRY',
      /answered 416/,
    ],
    [
      'that never ends',
      (_, response) => {
        response.writeHead(200);
        response.write(blobOf());
        endless(response);
      },
      'IMAGE_INVALID',
      /it has more/,
    ],
    [
      'with another length than its descriptor says',
      (_, response) => response.writeHead(200, { 'content-length': 2 ** 40 }).write('x'),
      'IMAGE_INVALID',
      /it has 1099511627776/,
    ],
    [
      'continued at another place than asked for',
      (request, response) => {
        if (request.headers.range === undefined) {
          response.writeHead(200, { 'content-length': blobOf().length });
          response.write(blobOf().subarray(0, 1000), () => response.destroy());
          return;
        }
        const total = blobOf().length;
        response.writeHead(206, { 'content-range': `bytes 0-${total - 1}/${total}` }).end(blobOf());
      },
      'REGISTRY',
      /answered with others/,
    ],
  ])('%s is refused', async (_, answer, code, why) => {
    const fake = await withLayer(answer);
    const error = await failure(pull(fake.host));
    expect({ code: error.code, why: error.why ?? error.message }).toEqual({ code, why: expect.stringMatching(why) });
    expect(error.hint).not.toBeNull();
    expect(leftInStore()).toEqual([]);
  });

  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void, RegExp]>([
    [
      'that stops in the middle and keeps the connection',
      (_, response) => {
        response.writeHead(200, { 'content-length': blobOf().length });
        response.write(blobOf().subarray(0, 1000));
      },
      /broke after 1000 of \d+ bytes/,
    ],
    [
      'that trickles',
      (_, response) => {
        response.writeHead(200, { 'content-length': blobOf().length });
        trickle(response);
      },
      /bytes came in 1 s/,
    ],
    ['that is never answered', () => {}, /took the request and does not answer/],
  ])('%s is not waited for', async (_, answer, why) => {
    const fake = await withLayer(answer);
    const error = await failure(pull(fake.host, { times: impatient }));
    expect({ code: error.code, why: error.why }).toEqual({ code: 'REGISTRY', why: expect.stringMatching(why) });
    expect(error.hint).not.toBeNull();
    expect(leftInStore()).toEqual([]);
  });

  test('that is a truncated gzip, under its right digest, is refused', async () => {
    const [first, second] = image.layers;
    if (first === undefined || second === undefined) throw new Error('two layers');
    const cut = { ...first, bytes: first.bytes.subarray(0, first.bytes.length - 1000) };
    const fake = await registry(undefined, { ...image, layers: [cut, second] });
    expect((await failure(pull(fake.host))).message).toContain('truncated gzip data');
    expect(leftInStore()).toEqual([]);
  });

  test('that unpacks to more than an image may have is refused while it comes', async () => {
    const bomb = imageOf({ reference: 'x', layers: [[file('zeros', Buffer.alloc(64 << 20))]], config: {} });
    const fake = await registry(undefined, bomb);
    const error = await failure(pull(fake.host, { context: { limits: { maxBytes: 1 << 20, maxEntries: 100 } } }));
    expect(error.code).toBe('IMAGE_TOO_LARGE');
    expect(leftInStore()).toEqual([]);
  });

  test('that is kept elsewhere is refused, and nobody is asked for it', async () => {
    const fake = await registry(undefined, image, (descriptor) => ({
      ...descriptor,
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      urls: ['http://169.254.169.254/layer'],
    }));
    const error = await failure(pull(fake.host));
    expect(error).toMatchObject({ code: 'IMAGE_UNSUPPORTED', why: expect.stringContaining('foreign') as string });
    expect(fake.asked.filter(({ path }) => fake.digests.layers.some((layer) => path.endsWith(layer)))).toEqual([]);
  });
});

describe('a broken connection', () => {
  test('is read on from where it stopped', async () => {
    const fake = await withLayer((request, response, nth) => {
      if (nth > 3) return sendBlob(request, response, blobOf());
      const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      const total = blobOf().length;
      const range = { 'content-range': `bytes ${from}-${total - 1}/${total}` };
      response.writeHead(from === 0 ? 200 : 206, { 'content-length': total - from, ...(from === 0 ? {} : range) });
      response.write(blobOf().subarray(from, from + 50_000), () => response.destroy());
    });
    const { events, onProgress } = progressLog();
    await pull(fake.host, { context: { onProgress } });
    const ranges = fake.asked.filter(({ path }) => path.endsWith(fake.digests.layers[0] ?? '?'));
    expect(ranges.map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=50000-',
      'bytes=100000-',
      'bytes=150000-',
    ]);
    expect(events.filter(({ type }) => type === 'wait')).toHaveLength(3);
  });

  test('is made up for by a server that knows no ranges', async () => {
    const fake = await withLayer((_, response, nth) => {
      response.writeHead(200, { 'content-length': blobOf().length });
      if (nth === 1) response.write(blobOf().subarray(0, 1000), () => response.destroy());
      else response.end(blobOf());
    });
    expect((await pull(fake.host)).how).toBe('downloaded');
  });
});

describe('a manifest', () => {
  test.each<[string, (request: IncomingMessage, response: ServerResponse) => void, string, RegExp]>([
    [
      'that says it is huge',
      (_, response) => response.writeHead(200, { 'content-length': 5 << 20, 'content-type': manifestType }).write('{'),
      'IMAGE_INVALID',
      /more than 4194304 bytes/,
    ],
    [
      'that never ends',
      (_, response) => {
        response.writeHead(200, { 'content-type': manifestType });
        endless(response);
      },
      'IMAGE_INVALID',
      /more than 4194304 bytes/,
    ],
    [
      'of schema 1',
      (_, response) =>
        response
          .writeHead(200, { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' })
          .end('{"schemaVersion":1,"fsLayers":[]}'),
      'IMAGE_UNSUPPORTED',
      /schema version 1/,
    ],
    [
      'that is not what the registry says it is',
      (_, response) =>
        response
          .writeHead(200, { 'content-type': manifestType, 'docker-content-digest': `sha256:${'0'.repeat(64)}` })
          .end('{"schemaVersion":2}'),
      'IMAGE_INVALID',
      /its contents have the digest/,
    ],
    ['that is HTML', (_, response) => response.end('<html>log in to the hotel</html>'), 'IMAGE_INVALID', /not JSON/],
    ['refused for ever', (_, response) => response.writeHead(503).end(), 'REGISTRY', /answered 503/],
    [
      'that leads round in a circle',
      (request, response) => response.writeHead(307, { location: request.url ?? '' }).end(),
      'REGISTRY',
      /more than 5 times/,
    ],
    [
      'that is a file of ours',
      (_, response) => response.writeHead(307, { location: 'file:///etc/passwd' }).end(),
      'REGISTRY',
      /no address of the web/,
    ],
    [
      "that is at the cloud's own address",
      (_, response) => response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
      'REGISTRY',
      /169\.254\.169\.254 is no address/,
    ],
    [
      'that is at an address with a password',
      (_, response) => response.writeHead(307, { location: 'http://root:secret@127.0.0.1:1/' }).end(),
      'REGISTRY',
      /with a password in it/,
    ],
    [
      'for which a token is to be had from a file',
      (_, response) => response.writeHead(401, { 'www-authenticate': 'Bearer realm="file:///etc/passwd"' }).end(),
      'REGISTRY',
      /no plain http or https address/,
    ],
    [
      "for which a token is to be had at the cloud's own address",
      (_, response) => response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://169.254.169.254/"' }).end(),
      'REGISTRY',
      /169\.254\.169\.254 is no address/,
    ],
  ])('%s is refused', async (_, answer, code, why) => {
    const fake = await registry((request, response) => {
      if (!isManifest(request)) return false;
      answer(request, response);
      return true;
    });
    const error = await failure(pull(fake.host));
    expect({ code: error.code, why: error.why }).toEqual({ code, why: expect.stringMatching(why) });
    expect(leftInStore()).toEqual([]);
  });

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    [
      'trickles',
      (response) => {
        response.writeHead(200, { 'content-type': manifestType });
        trickle(response);
      },
      /broke: \d+ bytes came in 1 s/,
    ],
    [
      'begins with a header that never ends',
      (response) => {
        response.socket?.write('HTTP/1.1 200 OK\r\nx: ');
        trickle(response.socket);
      },
      /took the request and does not answer/,
    ],
  ])('that %s is not waited for', async (_, answer, why) => {
    const fake = await registry((request, response) => {
      if (isManifest(request)) answer(response);
      return isManifest(request);
    });
    const error = await failure(pull(fake.host, { times: impatient }));
    expect({ code: error.code, why: error.why }).toEqual({ code: 'REGISTRY', why: expect.stringMatching(why) });
    expect(leftInStore()).toEqual([]);
  });

  test('asked for by digest has to have it', async () => {
    const fake = await registry();
    const error = await failure(pull(fake.host, { version: `@sha256:${'1'.repeat(64)}` }));
    expect(error).toMatchObject({ code: 'IMAGE_INVALID', hint: expect.stringContaining('do not use it') as string });
  });
});

describe('a registry that never says a word', () => {
  test('is asked twice, no more, and waited for less than one that has spoken; meanwhile it is said whom one waits for', async () => {
    const fake = await registry(() => true);
    const { events, onProgress } = progressLog();
    const times = { ...patient, greeting: 700, notice: 100 };
    const error = await failure(pull(fake.host, { times, context: { onProgress } }));
    expect({ code: error.code, message: error.message, why: error.why }).toEqual({
      code: 'REGISTRY',
      message: `cannot reach the registry "${fake.host}"`,
      why: 'it took the request and does not answer',
    });
    expect(fake.asked.map(({ path }) => path)).toEqual(['/v2/team/x/manifests/1', '/v2/team/x/manifests/1']);
    const told = events.flatMap((event) => (event.type === 'silent' || event.type === 'wait' ? [event] : []));
    // On a busy machine it is silent before it has closed the attempt to speak TLS, too.
    const changes = told.filter(({ type }, index) => type !== told[index - 1]?.type);
    expect(changes.map(({ type }) => type)).toEqual(['silent', 'wait', 'silent']);
    expect(told[0]).toEqual({ type: 'silent', host: fake.host, milliseconds: 100, left: 600 });
    expect(changes[1]).toMatchObject({ why: `"${fake.host}": it took the request and does not answer` });
  });

  test('later on is asked as often as any other', async () => {
    let manifests = 0;
    const fake = await registry((request) => {
      if (isManifest(request)) manifests += 1;
      return request.url?.includes('/blobs/') === true;
    });
    const error = await failure(pull(fake.host, { times: { ...patient, answer: 50 } }));
    expect(error.why).toContain('took the request and does not answer');
    expect(manifests).toBe(1);
    const config = fake.asked.filter(({ path }) => path.endsWith(fake.digests.config));
    expect(config.length).toBe(5);
  });
});

describe('a registry that is busy', () => {
  test('is asked again, after as long as it says', async () => {
    let refused = 0;
    const fake = await registry((request, response) => {
      if (!isManifest(request) || refused === 2) return false;
      refused += 1;
      response.writeHead(refused === 1 ? 429 : 503, refused === 1 ? { 'retry-after': '0' } : {}).end();
      return true;
    });
    const { events, onProgress } = progressLog();
    await pull(fake.host, { context: { onProgress } });
    const waits = events.filter((event) => event.type === 'wait');
    expect(waits.map(({ why }) => why)).toEqual([`"${fake.host}" answered 429`, `"${fake.host}" answered 503`]);
    expect(waits[0]?.milliseconds).toBe(0);
  });
});

test('giving up leaves no image, but the layers that came whole, which are not fetched again', async () => {
  const stop = new AbortController();
  const fake: FakeRegistry = await registry((request, response) => {
    if (!isLayer(request, () => fake, 1)) return false;
    response.writeHead(200, { 'content-length': blobOf(1).length }).write(blobOf(1).subarray(0, 10));
    return true;
  });
  const onProgress = (event: ImageProgress): void => {
    if (event.type === 'layer-done') stop.abort();
  };
  expect((await failure(pull(fake.host, { context: { signal: stop.signal, onProgress } }))).code).toBe('ABORTED');
  const left = leftInStore().map((name) => name.replace(/^layers\/[a-z2-7]{16}/, 'layer'));
  expect(left.sort()).toEqual(['layer', 'layer.json', 'layer.lock', 'layer.split']);

  const again = await registry();
  await pull(again.host);
  const asked = again.asked.filter(({ path }) => again.digests.layers.some((layer) => path.endsWith(layer)));
  expect(asked.map(({ path }) => path)).toEqual([`/v2/team/x/blobs/${again.digests.layers[1]}`]);
});

test('two that pull the same image fetch each layer once', async () => {
  const fake = await registry();
  await Promise.all([pull(fake.host), pull(fake.host)]);
  const layers = fake.asked.filter(({ path }) => fake.digests.layers.some((layer) => path.endsWith(layer)));
  expect(layers).toHaveLength(2);
});

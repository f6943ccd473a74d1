/** How the bytes of a layer go to a registry: as they come, in pieces, and on from where they broke off. */
import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../rootfs-fixtures/image.ts';
import { noAccessFlags, registryAccess } from '../../src/image/registry/access.ts';
import { Connection } from '../../src/image/registry/connect.ts';
import type { BlobIdentity } from '../../src/image/registry/upload-blob.ts';
import { uploadStream } from '../../src/image/registry/upload-stream.ts';
import { serve } from '../support/fake-registry.ts';
import { makeHome } from '../support/home.ts';
import { failure, patient } from '../support/pull-harness.ts';
import { canHaveRegistry, registryNeeds, startRegistry, type TestRegistry } from '../support/registry.ts';
import { requires } from '../support/requires.ts';
import { type Misbehave, type UploadRegistry, uploadRegistry } from '../support/upload-registry.ts';

const MiB = 1024 * 1024;
/** Longer than two pieces. */
const long = randomBytes(9 * MiB);
const [first, second, third] = [
  `PATCH 0-${4 * MiB - 1}`,
  `PATCH ${4 * MiB}-${8 * MiB - 1}`,
  `PATCH ${8 * MiB}-${9 * MiB - 1}`,
];

let registry: UploadRegistry | null = null;
afterEach(async () => {
  await registry?.close();
  registry = null;
});

async function started(leastPiece: number | null, misbehave?: Misbehave): Promise<UploadRegistry> {
  registry = await uploadRegistry(leastPiece, misbehave);
  return registry;
}

/** Uploads bytes that come in uneven chunks. */
async function upload(host: string, bytes: Buffer): Promise<BlobIdentity> {
  const access = registryAccess({}, noAccessFlags);
  await using connection = new Connection(access, new AbortController().signal, () => undefined, patient);
  const session = connection.pushSession({ registry: host, path: 'team/x' }, []);
  return await uploadStream(session, connection.backoff, async function* () {
    for (let at = 0; at < bytes.length; at += 100_001) yield bytes.subarray(at, at + 100_001);
  });
}

/** The upload came to what was meant. */
async function expectUploaded({ host, blobs }: UploadRegistry, bytes: Buffer): Promise<void> {
  const digest = `sha256:${sha256(bytes)}`;
  expect(await upload(host, bytes)).toEqual({ digest, size: bytes.length });
  expect(blobs.get(digest)?.equals(bytes)).toBe(true);
}

describe('a blob', () => {
  test('that is short goes whole', async () => {
    const to = await started(null);
    await expectUploaded(to, long.subarray(0, 3 * MiB));
    expect(to.asked).toEqual(['POST', 'PUT']);
  });

  test.each([0, 4 * MiB, 9 * MiB])('of %i bytes is there when it is said to be', async (length) => {
    await expectUploaded(await started(null), long.subarray(0, length));
    await registry?.close();
    await expectUploaded(await started(1), long.subarray(0, length));
  });

  test('that is long goes in one PATCH as it comes, of which nobody says the length', async () => {
    const to = await started(null, ({ request }) => {
      if (request.method === 'PATCH') expect(request.headers['transfer-encoding']).toBe('chunked');
      return false;
    });
    await expectUploaded(to, long);
    expect(to.asked).toEqual(['POST', 'PATCH', 'PUT']);
  });

  test('goes in pieces to a registry that says how long they have to be, and none but the last is shorter', async () => {
    const short = await started(1000);
    await expectUploaded(short, long);
    expect(short.asked).toEqual(['POST', first, second, third, 'PUT']);
    await short.close();
    const least = await started(5 * MiB);
    await expectUploaded(least, long);
    expect(least.asked).toEqual(['POST', `PATCH 0-${5 * MiB - 1}`, `PATCH ${5 * MiB}-${9 * MiB - 1}`, 'PUT']);
  });

  test('is not held in memory for a registry that wants pieces of any length', async () => {
    const to = await started(1024 * 1024 * 1024);
    await expectUploaded(to, long);
    expect(to.asked).toEqual(['POST', 'PATCH', 'PUT']);
  });
});

describe('what broke off', () => {
  test('as it came begins anew, in pieces', async () => {
    const to = await started(null, (writing) => {
      if (writing.request.method !== 'PATCH' || writing.count > 1) return false;
      writing.breakOffAfter(5 * MiB);
      return true;
    });
    await expectUploaded(to, long);
    expect(to.asked).toEqual(['POST', 'PATCH', 'POST', first, second, third, 'PUT']);
  });

  test('in a piece goes on from where the registry has it', async () => {
    const to = await started(1, (writing) => {
      if (writing.request.method !== 'PATCH' || writing.count !== 2) return false;
      writing.breakOffAfter(1000);
      return true;
    });
    await expectUploaded(to, long);
    expect(to.asked).toEqual([
      ...['POST', first, second, 'GET'],
      ...[`PATCH ${4 * MiB + 1000}-${8 * MiB - 1}`, third, 'PUT'],
    ]);
  });

  test('when the registry had taken the piece already is not sent twice', async () => {
    const to = await started(1, (writing) => {
      if (writing.request.method !== 'PATCH' || writing.count !== 2) return false;
      writing.breakOffAfter(4 * MiB);
      return true;
    });
    await expectUploaded(to, long);
    expect(to.asked).toEqual(['POST', first, second, 'GET', third, 'PUT']);
  });

  test('and that the registry knows nothing of any more begins anew', async () => {
    const to = await started(1, (writing) => {
      const { method } = writing.request;
      if (method === 'PATCH' && writing.count === 2) writing.breakOffAfter(1000);
      else if (method === 'GET') writing.answer(404);
      else return false;
      return true;
    });
    await expectUploaded(to, long);
    expect(to.asked).toEqual(['POST', first, second, 'GET', 'POST', first, second, third, 'PUT']);
  });

  test('behind a registry that was busy is sent again after it', async () => {
    const to = await started(1, (writing) => {
      if (writing.request.method !== 'PATCH' || writing.count !== 2) return false;
      writing.request.resume().on('end', () => writing.answer(503, { 'retry-after': '0' }));
      return true;
    });
    await expectUploaded(to, long);
    expect(to.asked).toEqual(['POST', first, second, 'GET', second, third, 'PUT']);
  });

  test.each([2 * MiB, 9 * MiB])(
    'with the answer to the last request is there all the same (%i bytes)',
    async (length) => {
      const to = await started(null, (writing) => {
        if (writing.request.method !== 'PUT' || writing.count > 1) return false;
        const { answer } = { answer: writing.response };
        answer.end = () => answer.destroy() as never;
        return false;
      });
      await expectUploaded(to, long.subarray(0, length));
    },
  );
});

describe('a registry that', () => {
  test.each([202, 416])('takes a part of a piece, and says so with %i, gets the rest of it', async (status) => {
    const to = await started(1, (writing) => {
      if (writing.request.method !== 'PATCH' || writing.count !== 1) return false;
      const chunks: Buffer[] = [];
      writing.request.on('data', (chunk: Buffer) => chunks.push(chunk));
      writing.request.on('end', () => {
        writing.bytes = Buffer.concat(chunks).subarray(0, MiB);
        writing.answer(status);
      });
      return true;
    });
    await expectUploaded(to, long);
    expect(to.asked).toEqual(['POST', first, `PATCH ${MiB}-${4 * MiB - 1}`, second, third, 'PUT']);
  });

  test('has lost a part of what it had taken gets all of it again', async () => {
    const to = await started(1, (writing) => {
      if (writing.request.method === 'PATCH' && writing.count === 3) writing.bytes = writing.bytes.subarray(0, 3 * MiB);
      return false;
    });
    await expectUploaded(to, long);
    expect(to.asked).toEqual(['POST', first, second, third, 'POST', first, second, third, 'PUT']);
  });

  test("says 0-0 whatever it has, as GitHub's, is believed to have what it took", async () => {
    const to = await started(1, (writing) => {
      if (writing.request.method !== 'PATCH') return false;
      const chunks: Buffer[] = [];
      writing.request.on('data', (chunk: Buffer) => chunks.push(chunk));
      writing.request.on('end', () => {
        writing.bytes = Buffer.concat([writing.bytes, ...chunks]);
        writing.answer(202, { range: '0-0' });
      });
      return true;
    });
    await expectUploaded(to, long);
  });

  test.each([400, 404, 405, 416])('takes no pieces (%i) gets the blob as it comes', async (status) => {
    const to = await started(1, ({ request, answer }) => {
      if (request.headers['content-range'] === undefined) return false;
      request.resume().on('end', () => answer(status));
      return true;
    });
    await expectUploaded(to, long);
    expect(to.asked).toEqual(['POST', first, 'POST', 'PATCH', 'PUT']);
  });

  test('puts pieces together wrongly gets the blob as it comes', async () => {
    const to = await started(1, (writing) => {
      if (writing.request.method === 'PUT' && writing.count === 1) writing.bytes = Buffer.concat([writing.bytes, long]);
      return false;
    });
    await expectUploaded(to, long);
    expect(to.asked).toEqual(['POST', first, second, third, 'PUT', 'POST', 'PATCH', 'PUT']);
  });

  test('is behind a proxy that takes no long requests gets pieces', async () => {
    const to = await started(null, ({ request, answer }) => {
      if (request.method !== 'PATCH' || request.headers['content-range'] !== undefined) return false;
      request.resume().on('end', () => answer(413));
      return true;
    });
    await expectUploaded(to, long);
    expect(to.asked).toEqual(['POST', 'PATCH', 'POST', first, second, third, 'PUT']);
  });

  test('never has more is given up', async () => {
    const to = await started(1, ({ request, answer }) => {
      if (request.method !== 'PATCH' || request.headers['content-range']?.startsWith('0-') === true) return false;
      request.resume().on('end', () => answer(416));
      return true;
    });
    const error = await failure(upload(to.host, long));
    expect(error).toMatchObject({ code: 'REGISTRY', why: expect.stringContaining('is not what it was sent') });
  });

  test('says to have more than it was sent is not believed', async () => {
    const to = await started(1, (writing) => {
      if (writing.request.method !== 'PATCH') return false;
      writing.request.resume().on('end', () => writing.answer(202, { range: '0-99999999' }));
      return true;
    });
    const error = await failure(upload(to.host, long));
    expect(error).toMatchObject({ code: 'REGISTRY', why: expect.stringContaining('is not what it was sent') });
  });

  test('refuses a piece for good is asked once', async () => {
    const to = await started(1, ({ request, answer }) => {
      if (request.method !== 'PATCH') return false;
      request.resume().on('end', () => answer(403));
      return true;
    });
    expect(await failure(upload(to.host, long))).toMatchObject({ code: 'REGISTRY_DENIED' });
    expect(to.asked).toEqual(['POST', first]);
  });
});

describe("distribution's registry", () => {
  const home = makeHome();
  let real: TestRegistry;
  beforeAll(async () => {
    if (canHaveRegistry()) real = await startRegistry(home);
  });
  afterAll(async () => {
    await real?.stop();
    home[Symbol.dispose]();
  });

  /** What becomes of the PATCH of this number: `lost` before it arrives, `cut` in its middle. */
  type Fate = 'arrives' | 'lost' | 'cut';

  /** Uploads by way of a proxy and has the blob back. */
  async function byWayOf(leastPiece: number | null, fate: (patch: number) => Fate): Promise<readonly string[]> {
    const asked: string[] = [];
    let patches = 0;
    const proxy = await serve((request, response) => {
      const { method = '', url: path = '', headers } = request;
      if (path.includes('/uploads/')) asked.push(`${method} ${headers['content-range'] ?? ''}`.trim());
      const own = method === 'PATCH' ? fate(++patches) : 'arrives';
      if (own === 'lost') return void request.resume().on('end', () => request.socket.destroy());
      const forwarded = httpRequest(`http://${real.host}${path}`, { method, headers }, (answer) => {
        const least = method === 'POST' && leastPiece !== null ? { 'oci-chunk-min-length': leastPiece } : {};
        response.writeHead(answer.statusCode ?? 0, { ...answer.headers, ...least });
        answer.pipe(response);
      });
      forwarded.on('error', () => request.socket.destroy());
      if (own === 'arrives') return void request.pipe(forwarded);
      // Half of it is on the disk before the connection breaks: the registry writes as it comes.
      request.once('data', (chunk: Buffer) => forwarded.write(chunk, () => forwarded.destroy()));
    });
    try {
      const { digest } = await upload(proxy.host, long);
      const got = await fetch(`http://${real.host}/v2/team/x/blobs/${digest}`);
      expect(Buffer.from(await got.arrayBuffer()).equals(long)).toBe(true);
    } finally {
      await proxy.close();
    }
    return asked;
  }
  const withRegistry = requires(...registryNeeds);

  withRegistry('takes a blob as it comes, and in pieces', async () => {
    expect(await byWayOf(null, () => 'arrives')).toEqual(['POST', 'PATCH', 'PUT']);
    expect(await byWayOf(1, () => 'arrives')).toEqual(['POST', first, second, third, 'PUT']);
  });

  withRegistry('goes on with a piece that never arrived', async () => {
    const asked = await byWayOf(1, (patch) => (patch === 2 ? 'lost' : 'arrives'));
    expect(asked).toEqual(['POST', first, second, 'GET', second, third, 'PUT']);
  });

  // It forgets such an upload, once it has noticed.
  withRegistry('has all of a blob of which a piece was cut', async () => {
    const asked = await byWayOf(1, (patch) => (patch === 2 ? 'cut' : 'arrives'));
    expect(asked.slice(0, 4)).toEqual(['POST', first, second, 'GET']);
    expect(asked.at(-1)).toBe('PUT');
  });

  withRegistry('gets in pieces what was cut as it came', async () => {
    const asked = await byWayOf(null, (patch) => (patch === 1 ? 'cut' : 'arrives'));
    expect(asked).toEqual(['POST', 'PATCH', 'POST', first, second, third, 'PUT']);
  });
});

/** Leave to pull: who is told passwords and tokens, over what, and what token servers may answer. */
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { makeCertificate } from '../support/certificate.ts';
import { endless, type FakeRegistry, sendBlob, serve, type Takeover, trickle } from '../support/fake-registry.ts';
import { failure, impatient, pullHarness } from '../support/pull-harness.ts';
import { requires } from '../support/requires.ts';

const { home, registry, closeLater, pull, leftInStore } = pullHarness();
const withTls = requires('program-openssl');

const image = imageOf({ reference: 'x', layers: [[file('etc', 'one\n')]], config: { Cmd: ['sh'] } });
const blob = image.layers[0]?.bytes ?? Buffer.alloc(0);
const isLayer = (request: IncomingMessage, fake: FakeRegistry): boolean =>
  request.url?.endsWith(fake.digests.layers[0] ?? '?') === true;

/** A file with credentials for a host, to be named by --authfile. */
function authFile(host: string, entry: object): string {
  const path = join(home.path, `auth-${Math.random()}.json`);
  writeFileSync(path, JSON.stringify({ auths: { [host]: entry } }));
  return path;
}
const password = { auth: Buffer.from('alice:secret').toString('base64') };

/** Asks everybody for a password. */
const askFor = (request: IncomingMessage, response: ServerResponse): boolean => {
  if (request.headers.authorization !== undefined) return false;
  response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
  return true;
};

describe('what a registry is told', () => {
  test('another host that it sends us on to is not told', async () => {
    const told: (string | undefined)[] = [];
    const elsewhere = await serve((request, response) => {
      told.push(request.headers.authorization);
      sendBlob(request, response, blob);
    });
    closeLater(elsewhere);
    const fake: FakeRegistry = await registry(image, (request, response) => {
      if (request.url?.startsWith('/token?') === true) return response.end('{"token":"mine"}') !== null;
      if (request.headers.authorization !== 'Bearer mine') {
        response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${fake.host}/token",service="s"` }).end();
        return true;
      }
      if (!isLayer(request, fake)) return false;
      response.writeHead(307, { location: `http://${elsewhere.host}/blob` }).end();
      return true;
    });
    expect((await pull(fake.host)).how).toBe('downloaded');
    expect(told).toEqual([undefined]);
  });

  withTls('over TLS is not said without TLS: it may not send us there, nor for a token', async () => {
    const certificate = makeCertificate(join(home.path, 'certificate'));
    let asked = 0;
    const plain = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    closeLater(plain);
    const answers: readonly [Takeover, RegExp][] = [
      [
        (request, response) =>
          askFor(request, response) ||
          response.writeHead(307, { location: `http://${plain.host}/manifest` }).end() !== null,
        /from https to plain http/,
      ],
      [
        (_, response) =>
          response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${plain.host}/token"` }).end() !== null,
        /can be read on the way, and the registry speaks TLS/,
      ],
    ];
    for (const [answer, why] of answers) {
      const fake = await registry(image, answer, { certificate });
      const flags = { tls: 'unverified', authFile: authFile(fake.host, password) } as const;
      expect(await failure(pull(fake.host, { flags }))).toMatchObject({
        code: 'REGISTRY',
        why: expect.stringMatching(why) as string,
      });
    }
    expect(asked).toBe(0);
    expect(leftInStore()).toEqual([]);
  });
});

describe('an identity token, which docker keeps in place of a password', () => {
  test.each<[string, (host: string) => string]>([
    ["docker's file", (host) => authFile(host, { auth: 'PHRva2VuPjo=', identitytoken: 'refresh me' })],
    ["podman's file", (host) => authFile(host, { identitytoken: 'refresh me' })],
  ])('of %s is refreshed: the token server is told it, and the registry what that answers', async (_, fileFor) => {
    const forms: URLSearchParams[] = [];
    const fake: FakeRegistry = await registry(image, (request, response) => {
      if (request.url === '/token') {
        let body = '';
        request.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        request.once('end', () => {
          forms.push(new URLSearchParams(body));
          response.end('{"access_token":"mine","refresh_token":"refresh me"}');
        });
        return true;
      }
      if (request.headers.authorization === 'Bearer mine') return false;
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${fake.host}/token",service="s"` }).end();
      return true;
    });
    await pull(fake.host, { flags: { authFile: fileFor(fake.host) } });
    expect(forms.map((form) => Object.fromEntries(form))).toEqual([
      {
        ...{ grant_type: 'refresh_token', refresh_token: 'refresh me', client_id: 'tsrun', service: 's' },
        scope: 'repository:team/x:pull',
      },
    ]);
    const said = new Set(fake.asked.map(({ headers }) => headers.authorization));
    expect(said).toEqual(new Set([undefined, 'Bearer mine']));
  });

  test('is no password: a registry that asks for one gets none', async () => {
    const fake = await registry(image, askFor);
    const flags = { authFile: authFile(fake.host, { identitytoken: 'refresh me' }) };
    expect((await failure(pull(fake.host, { flags }))).code).toBe('REGISTRY_DENIED');
    expect(fake.asked.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });
});

describe('a token server', () => {
  test.each<[string, (response: ServerResponse) => void, string, RegExp]>([
    ['whose token never ends', (response) => endless(response), 'REGISTRY', /cannot be used: it is longer than/],
    ['that has none', (response) => response.end('{"token":""}'), 'REGISTRY', /cannot be used: it has none/],
    [
      'whose token would end the header',
      (response) => response.end('{"token":"a\\r\\nx: y"}'),
      'REGISTRY',
      /cannot be used: it has none/,
    ],
    ['that trickles', (response) => trickle(response), 'REGISTRY', /slower than anybody would wait for/],
    ['that gives none', (response) => response.writeHead(403).end(), 'REGISTRY_DENIED', /answered 403/],
  ])('%s gets no further', async (_, answer, code, why) => {
    const fake: FakeRegistry = await registry(image, (request, response) => {
      if (request.url?.startsWith('/token?') === true) answer(response);
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${fake.host}/token"` }).end();
      return true;
    });
    const error = await failure(pull(fake.host, { times: impatient }));
    expect({ code: error.code, why: error.why }).toEqual({ code, why: expect.stringMatching(why) });
    expect(error.hint).not.toBeNull();
    expect(leftInStore()).toEqual([]);
  });
});

/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY: a registry that only a proxy can reach. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { type FakeRegistry, fakeRegistry } from '../support/fake-registry.ts';
import { makeHome } from '../support/home.ts';
import { missing } from '../support/needs.ts';
import { type ProxySettings, startProxy, type TestProxy } from '../support/proxy.ts';
import { requires } from '../support/requires.ts';
import { type Outcome, tsrun } from '../support/tsrun.ts';

const withTls = requires('program-openssl');
const home = makeHome();
const image = imageOf({ reference: 'x', layers: [[file('etc', 'one\n')]], config: { Cmd: ['sh'] } });
let certificate: Certificate;
let secure: FakeRegistry;
let plain: FakeRegistry;
beforeAll(async () => {
  plain = await fakeRegistry(image);
  if (missing('program-openssl') !== null) return;
  certificate = makeCertificate(join(home.path, 'certificate'));
  secure = await fakeRegistry(image, undefined, undefined, certificate);
});
afterAll(async () => {
  for (const registry of [plain, secure]) await registry?.close();
  home[Symbol.dispose]();
});
const proxies: TestProxy[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

async function proxy(settings?: ProxySettings): Promise<TestProxy> {
  const started = await startProxy(settings);
  proxies.push(started);
  return started;
}

/** A name of this machine that no name server has. */
const named = (host: string): string => host.replace('127.0.0.1', 'registry.test');
/** An address of this machine that is not called loopback. */
const numbered = (host: string): string => host.replace('127.0.0.1', '0.0.0.0');

let stores = 0;
const unset = { HTTPS_PROXY: undefined, HTTP_PROXY: undefined, NO_PROXY: undefined };
const lower = { https_proxy: undefined, http_proxy: undefined, no_proxy: undefined };

function pull(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Outcome> {
  stores += 1;
  const own = { TSRUN_STORE: `${home.store}-${stores}`, HOME: home.path, SSL_CERT_FILE: undefined };
  return tsrun(['pull', '-q', ...args], { env: { ...home.env, ...own, ...unset, ...lower, ...env } });
}

describe('a registry with TLS', () => {
  withTls('is spoken to through the proxy, which sees no more than its name', async () => {
    const through = await proxy();
    const name = `${named(secure.host)}/team/x:1`;
    const env = { HTTPS_PROXY: `http://${through.host}`, SSL_CERT_FILE: certificate.certificate };
    expect(await pull(env, name)).toMatchObject({ stdout: `${name}\n`, stderr: '', exitCode: 0 });
    expect(new Set(through.asked)).toEqual(new Set([`CONNECT ${named(secure.host)}`]));
  });

  withTls('is not trusted more for it', async () => {
    const through = await proxy();
    const { stderr, exitCode } = await pull({ HTTPS_PROXY: through.host }, `${named(secure.host)}/team/x:1`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('its certificate cannot be verified');
  });

  withTls('a proxy is told the user of its address, and nothing of the registry is', async () => {
    const through = await proxy({ password: 'alice:sec ret', tunnels: 'opened' });
    const env = { https_proxy: `http://alice:sec%20ret@${through.host}`, SSL_CERT_FILE: certificate.certificate };
    expect((await pull(env, `${named(secure.host)}/team/x:1`)).exitCode).toBe(0);
    expect(secure.asked.every(({ headers }) => headers['proxy-authorization'] === undefined)).toBe(true);
  });

  test.each<[string, () => Promise<string>, RegExp]>([
    [
      'wants a password',
      async () => (await proxy({ password: 'alice:1', tunnels: 'opened' })).host,
      /answered 407 Who are you/,
    ],
    ['opens no tunnel', async () => (await proxy({ tunnels: 'refused' })).host, /answered 403 Forbidden/],
    ['is not there', () => Promise.resolve('127.0.0.1:1'), /cannot be reached: connect ECONNREFUSED/],
  ])('a proxy that %s is named as what is in the way', async (_, start, why) => {
    const host = await start();
    const { stderr, exitCode } = await pull({ HTTPS_PROXY: host }, 'registry.test:5000/team/x:1');
    expect(exitCode).toBe(1);
    expect(stderr.split('\n')).toEqual([
      'tsrun: cannot reach the registry "registry.test:5000"',
      expect.stringMatching(new RegExp(`^ {2}the proxy "${host}" ${why.source}`)),
      '  hint: HTTPS_PROXY and HTTP_PROXY name the proxy, and NO_PROXY the hosts that are reached without it',
      '',
    ]);
  });
});

describe('a registry without TLS', () => {
  test('is asked for by its whole address: no tunnel is needed', async () => {
    const through = await proxy({ tunnels: 'refused' });
    const address = `http://${through.host}`;
    const name = `${named(plain.host)}/team/x:1`;
    const { exitCode } = await pull({ HTTP_PROXY: address, HTTPS_PROXY: address }, '--tls-verify=false', name);
    expect(exitCode).toBe(0);
    // Whether it speaks TLS is asked first.
    const [first, ...others] = through.asked;
    expect(first).toBe(`CONNECT ${named(plain.host)}`);
    expect(others.length).toBeGreaterThan(2);
    expect(others.every((line) => line.startsWith(`GET http://${named(plain.host)}/v2/team/x/`))).toBe(true);
  });

  test('a proxy that wants a password is named as what is in the way', async () => {
    const { host } = await proxy({ password: 'alice:1', tunnels: 'opened' });
    const env = { HTTP_PROXY: host, HTTPS_PROXY: host };
    const { stderr, exitCode } = await pull(env, '--tls-verify=false', `${named(plain.host)}/team/x:1`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`the proxy "${host}" answered 407 Proxy Authentication Required`);
  });
});

describe('NO_PROXY', () => {
  test('excepts what it names: an address of its network is reached without the proxy', async () => {
    const through = await proxy();
    const env = { HTTP_PROXY: through.host, HTTPS_PROXY: through.host };
    const name = `${numbered(plain.host)}/team/x:1`;
    expect((await pull({ ...env, NO_PROXY: 'example.org,0.0.0.0/8' }, '--tls-verify=false', name)).exitCode).toBe(0);
    expect(through.asked).toEqual([]);
    expect((await pull({ ...env, NO_PROXY: 'example.org' }, '--tls-verify=false', name)).exitCode).toBe(0);
    expect(through.asked).not.toEqual([]);
  });

  test('is not needed for loopback', async () => {
    const through = await proxy();
    const env = { HTTP_PROXY: through.host, HTTPS_PROXY: through.host };
    expect((await pull(env, `${plain.host}/team/x:1`)).exitCode).toBe(0);
    expect(through.asked).toEqual([]);
  });
});

test('a proxy that is no address is a mistake of the call', async () => {
  const { stderr, exitCode } = await pull({ HTTPS_PROXY: 'socks5://127.0.0.1:1' }, 'registry.test:5000/team/x:1');
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    [
      'tsrun: cannot use the proxy of HTTPS_PROXY',
      '  it is not the address of an http proxy',
      '  hint: for example HTTPS_PROXY=http://proxy.example:3128',
      '',
    ].join('\n'),
  );
});

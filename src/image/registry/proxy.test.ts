import { expect, test } from 'vitest';
import { proxyFor } from './proxy.ts';

const through = (url: string, env: Readonly<Record<string, string>>): string | null =>
  proxyFor(new URL(url), env)?.url.href ?? null;
const both = { HTTPS_PROXY: 'http://secure:1', HTTP_PROXY: 'plain:2' };

test('each protocol has its own proxy, in either spelling', () => {
  expect(through('https://a.example/', both)).toBe('http://secure:1/');
  expect(through('http://a.example/', both)).toBe('http://plain:2/');
  expect(through('http://a.example/', { https_proxy: 'http://secure:1' })).toBeNull();
  expect(through('https://a.example/', { https_proxy: 'https://secure' })).toBe('https://secure/');
  expect(through('https://a.example/', { HTTPS_PROXY: '', https_proxy: 'secure:3' })).toBe('http://secure:3/');
});

test('the user of the address is told to the proxy, and is no part of its address', () => {
  const proxy = proxyFor(new URL('https://a.example/'), { HTTPS_PROXY: 'http://alice:a%3Ab@proxy:3128' });
  expect(proxy?.url.href).toBe('http://proxy:3128/');
  expect(proxy?.authorization).toBe(`Basic ${Buffer.from('alice:a:b').toString('base64')}`);
});

test.each([
  ['*', 'a.example', false],
  ['example', 'a.example', false],
  ['a.example', 'a.example', false],
  ['a.example', 'b.a.example', false],
  ['a.example', 'ba.example', true],
  ['.a.example', 'a.example', true],
  ['.a.example', 'b.a.example', false],
  ['*.a.example', 'b.a.example', false],
  ['A.Example', 'a.example', false],
  ['a.example:5000', 'a.example:5000', false],
  ['a.example:5000', 'a.example:5001', true],
  ['a.example:443', 'a.example', false],
  [' b.example , a.example ', 'a.example', false],
  ['10.0.0.0/8', '10.1.2.3', false],
  ['10.0.0.0/8', '11.1.2.3', true],
  ['10.0.0.0/99', '10.1.2.3', true],
  ['10.1.2.3', '10.1.2.3:5000', false],
  ['fd00::/8', '[fd00::1]:5000', false],
  ['fd00::1', '[fd00::1]', false],
  ['[fd00::1]:5000', '[fd00::1]:5000', false],
  ['2.3', '10.1.2.3', true],
  ['', 'a.example', true],
])('NO_PROXY=%s and %s: by the proxy? %s', (list, host, isProxied) => {
  expect(through(`https://${host}/`, { ...both, NO_PROXY: list }) !== null).toBe(isProxied);
});

test.each(['localhost', '127.0.0.1:5000', '127.1.2.3', '[::1]:5000', 'x.localhost'])(
  '%s is this machine: no proxy reaches it for us',
  (host) => {
    expect(through(`https://${host}/`, both)).toBeNull();
  },
);

test.each(['socks5://a:1', 'http://', 'ftp://a', 'a b'])('%s is no proxy', (proxy) => {
  expect(() => through('https://a.example/', { HTTPS_PROXY: proxy })).toThrow('cannot use the proxy of HTTPS_PROXY');
});

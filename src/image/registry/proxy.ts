/** Proxies of the environment: HTTP_PROXY, HTTPS_PROXY and NO_PROXY as Go's programs read them (golang.org/x/net/http/httpproxy). */
import { BlockList, isIP } from 'node:net';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { basicAuthorization } from './credentials/credentials.ts';
import { hostName, isLoopback } from './endpoint.ts';
import { parseUrl } from './url.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface HttpProxy {
  /** Without the user. */
  readonly url: URL;
  /** Who we are to it: the user and password of its address. */
  readonly authorization: string | null;
}

const variable = (env: Environment, name: string): string | null => env[name] || env[name.toLowerCase()] || null;

/**
 * The proxy for a URL; null: none. Never for this machine itself.
 *
 * @throws TsrunError USAGE for a proxy that is no URL
 */
export function proxyFor(url: URL, env: Environment): HttpProxy | null {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = variable(env, name);
  if (proxy === null || isLoopback(url.host) || isExcepted(url, variable(env, 'NO_PROXY') ?? '')) return null;
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
  const parsed = parseUrl(whole);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return { url: new URL(parsed.origin), ...userOf(parsed) };
  throw new TsrunError('USAGE', `cannot use the proxy of ${name}`, {
    why: 'it is not the address of an http proxy',
    hint: `for example ${name}=http://proxy.example:3128`,
  });
}

const userOf = ({ username, password }: URL): Pick<HttpProxy, 'authorization'> => ({
  authorization:
    username === '' ? null : basicAuthorization(decodeURIComponent(username), decodeURIComponent(password)),
});

function isExcepted(url: URL, list: string): boolean {
  const host = hostName(url.host).toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .some((item) => item !== '' && excepts(item, host, port));
}

/** `*`, a network, an address, or a name with all below it; `.name`: only what is below it. Each may have a port. */
function excepts(item: string, host: string, port: string): boolean {
  if (item === '*') return true;
  const [, network, prefix] = /^(.+)\/(\d+)$/.exec(item) ?? [];
  if (network !== undefined) return isInNetwork(host, network, Number(prefix));
  const whole = isIP(item) === 6 ? `[${item}]` : item;
  const [, name = whole, only] = /^(.*?[^:]|\[.*\]):(\d+)$/.exec(whole) ?? [];
  if (only !== undefined && only !== port) return false;
  const bare = hostName(name).replace(/^\*(?=\.)/, '');
  if (bare.startsWith('.')) return host.endsWith(bare);
  return host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`));
}

function isInNetwork(host: string, network: string, prefix: number): boolean {
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || prefix > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}

/** The text of the three files that tsrun puts into /etc, as docker writes them. */
import type { HostEntry, RunRequest } from '../request/run-request.ts';

/** /etc/hostname. */
export const hostnameText = (hostname: string): string => `${hostname}\n`;

const localhost = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/**
 * /etc/hosts. On the host's network it is the host's file; else the usual names, and the container's own name on the
 * loopback, which is the only address it has without a network.
 */
export function hostsText(from: {
  readonly network: 'own' | 'host';
  /** The host's /etc/hosts. */
  readonly hostFile: string;
  readonly hostname: string;
  /** On its networks; none: it is reached by the loopback. */
  readonly addresses: readonly string[];
  readonly extraHosts: readonly HostEntry[];
}): string {
  const { network, hostFile, hostname, addresses, extraHosts } = from;
  const reached = addresses.length > 0 ? addresses : ['127.0.0.1'];
  const own =
    network === 'host'
      ? withNewline(hostFile)
      : localhost + reached.map((address) => `${address}\t${hostname}\n`).join('');
  return own + extraHosts.map(({ host, address }) => `${address}\t${host}\n`).join('');
}

/**
 * /etc/resolv.conf. What was asked for replaces the host's lines of the same kind; without the host's network a server
 * on the loopback is left out, because it is the host's loopback that it means. A resolver of ours stands in the place of all servers, and
 * asks them: names without a dot are asked of it as they are, before search domains, as with docker.
 */
export function resolvConfText(from: {
  readonly network: 'own' | 'host';
  /** The host's /etc/resolv.conf. */
  readonly hostFile: string;
  readonly dns: RunRequest['dns'];
  /** Its address; null: there is none. */
  readonly resolver: string | null;
}): string {
  const { network, hostFile, dns, resolver } = from;
  const asked = dns.servers.length + dns.search.length + dns.options.length > 0;
  if (network === 'host' && !asked) return hostFile;
  const host = parseResolvConf(hostFile);
  const reachable = network === 'host' ? host.servers : host.servers.filter((server) => !isLoopback(server));
  const servers = resolver !== null ? [resolver] : dns.servers.length > 0 ? dns.servers : reachable;
  const search = dns.search.length > 0 ? dns.search.filter((domain) => domain !== '.') : host.search;
  const asIs = dns.options.length > 0 ? dns.options : host.options;
  const options = resolver === null || asIs.some((option) => option.startsWith('ndots:')) ? asIs : [...asIs, 'ndots:0'];
  return [
    ...servers.map((server) => `nameserver ${server}\n`),
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}\n`]),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}\n`]),
  ].join('');
}

/** A resolver of ours is asked, unless servers were asked for that are the container's own: those at its loopback. */
export const takesResolver = ({ servers }: RunRequest['dns']): boolean => !servers.some(isLoopback);

/** resolv.conf(5): of several search or domain lines the last counts, options add up. */
export function parseResolvConf(text: string): RunRequest['dns'] {
  const servers: string[] = [];
  const options: string[] = [];
  let search: readonly string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) servers.push(values[0]);
    else if (keyword === 'search' || keyword === 'domain') search = values;
    else if (keyword === 'options') options.push(...values);
  }
  return { servers, search, options };
}

/** By its text: loading node:net for a look at it would cost a run some milliseconds. */
function isLoopback(address: string): boolean {
  const bare = address.replace(/%.*/, '');
  return /^127(\.\d+){3}$/.test(bare) || /^(0*:)*:?0*1$/.test(bare) || /^::ffff:127\./i.test(bare);
}

const withNewline = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

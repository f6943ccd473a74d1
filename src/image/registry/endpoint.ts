/** The hosts that are asked for an image, in order: mirrors, then the registry itself. */
import { isIP } from 'node:net';
import type { Repository } from './remote-image.ts';

export interface Endpoint {
  /** host[:port] of its URLs. */
  readonly host: string;
  /** What the repository is called there. */
  readonly path: string;
  readonly security: Security;
}

/**
 * `tls-or-http`: http when nobody speaks TLS there; never because a certificate is wrong. `unverified-or-http`: the same, and any
 * certificate will do.
 */
export type Security = 'tls' | 'tls-or-http' | 'unverified-or-http';

/** Docker Hub's registry has another host than its names. */
export const apiHost = (registry: string): string => (registry === 'docker.io' ? 'registry-1.docker.io' : registry);

/** The same the other way: what names and files with credentials call a host. */
export const namesHost = (host: string): string => (/^(registry-1|index)\.docker\.io$/.test(host) ? 'docker.io' : host);

/** The name without its port, and without the brackets of an IPv6 address. */
export const hostName = (host: string): string => host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

/** This machine itself: plain http tells nobody anything. */
export function isLoopback(host: string): boolean {
  const name = hostName(host);
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return isIP(name) === 4 ? name.startsWith('127.') : name === '::1';
}

/** A registry that nobody calls insecure. */
export const registryEndpoint = ({ registry, path }: Repository): Endpoint => ({
  host: apiHost(registry),
  path,
  security: isLoopback(registry) ? 'tls-or-http' : 'tls',
});

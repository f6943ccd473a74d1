/** The environment of PID 1. */
import type { ImageConfig } from '../../image/image.ts';
import { defaultPath } from '../../oci/defaults.ts';
import type { ContainerId, RunRequest } from '../request/run-request.ts';

/** The host name a container sees: asked for, the host's own where that is shared, else the short id. */
export function hostnameOf(request: RunRequest, id: ContainerId, hostHostname: string): string {
  if (request.uts === 'host') return hostHostname;
  return request.hostname ?? (request.network === 'host' ? hostHostname : id.slice(0, 12));
}

/**
 * PATH, HOSTNAME and with a terminal TERM, then the image's variables, then the request's; each name once, at the place
 * where it came first, with the value that came last. HOME is added later, from the container's own /etc/passwd.
 */
export function environment(request: RunRequest, image: ImageConfig, hostname: string): readonly string[] {
  const base = [`PATH=${defaultPath}`, `HOSTNAME=${hostname}`, ...(request.terminal ? ['TERM=xterm'] : [])];
  return mergeVariables(base, image.env, request.env);
}

/** Each name once, at the place where it came first, with the value that came last. */
export function mergeVariables(...lists: readonly (readonly string[])[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const entry of lists.flat()) {
    const equals = entry.indexOf('=');
    // An entry without "=" names a variable to take away, as in docker's configuration of images.
    if (equals < 0) byName.delete(entry);
    else byName.set(entry.slice(0, equals), entry);
  }
  return [...byName.values()];
}

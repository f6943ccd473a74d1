/**
 * Who has which port of the host: a symbolic link for each, `networks/.ports/tcp:127.0.0.1:8080` to the id of the container. Like a
 * lease it is there before the row of the rules, and goes after it: only its holder takes the row away.
 */
import { mkdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../host/paths.ts';
import { leasesRoot } from './networks-lock.ts';
import type { PublishedPort } from './published-port.ts';

const claimsDirectory = (paths: Paths): string => join(leasesRoot(paths), '.ports');

export const claimFile = (paths: Paths, { protocol, hostAddress, hostPort }: PublishedPort): string =>
  join(claimsDirectory(paths), `${protocol}:${hostAddress ?? '*'}:${hostPort}`);

/** @returns who has it already; null: the port is theirs now */
export function claimPort(paths: Paths, holder: string, port: PublishedPort): string | null {
  for (;;) {
    try {
      symlinkSync(holder, claimFile(paths, port));
      return null;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') mkdirSync(claimsDirectory(paths), { mode: 0o700, recursive: true });
      else if (code !== 'EEXIST') throw error;
    }
    const other = portHolder(paths, port);
    if (other !== null) return other === holder ? null : other;
  }
}

/** null: nobody. */
export function portHolder(paths: Paths, port: PublishedPort): string | null {
  try {
    return readlinkSync(claimFile(paths, port));
  } catch {
    return null;
  }
}

/** Only its holder may call this, and when the row is gone. */
export function forgetPort(paths: Paths, port: PublishedPort): void {
  try {
    unlinkSync(claimFile(paths, port));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

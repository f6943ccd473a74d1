/**
 * The /etc/resolv.conf of a container on networks: it names the resolver of one of them, and changes with its networks while it runs. What the
 * container has written there itself stays.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../host/paths.ts';
import { resolvConfText, takesResolver } from './config/network-files.ts';
import { containersDirectory, dnsFile, filesFor } from './container-directory.ts';
import { hostResolvConf } from './prepare.ts';
import type { ContainerId, RunRequest } from './request/run-request.ts';

type Dns = RunRequest['dns'];

/** Its file is ours, in a directory of ours: its fields are believed. */
interface Remembered {
  readonly version: 1;
  readonly dns: Dns;
  /** What we have written into the container's file; '': nothing yet. */
  readonly written: string;
}

const nothing: Remembered = { version: 1, dns: { servers: [], search: [], options: [] }, written: '' };

const fileOf = (paths: Paths, id: string): string => join(containersDirectory(paths), id, dnsFile);

/** Before others look whom it asks. */
export function rememberDns(paths: Paths, id: ContainerId, dns: Dns): void {
  remember(paths, id, { ...nothing, dns });
}

/** What was asked for it. */
export const dnsOf = (paths: Paths, id: string): Dns => recall(paths, id).dns;

/** Before it starts. @param resolver null: nobody answers on its networks */
export function writeResolvConf(paths: Paths, id: ContainerId, resolver: string | null): void {
  const { dns } = recall(paths, id);
  const text = textOf(dns, resolver);
  // The same file: its owner is the container's.
  writeFileSync(filesFor(paths, id).resolvConf, text);
  remember(paths, id, { version: 1, dns, written: text });
}

/** While it runs. */
export function changeResolvConf(paths: Paths, id: ContainerId, resolver: string | null): void {
  const { dns, written } = recall(paths, id);
  const text = textOf(dns, resolver);
  const path = filesFor(paths, id).resolvConf;
  // By its size first: the container can make it as large as it likes.
  if (text === written || statSync(path).size !== Buffer.byteLength(written)) return;
  if (readFileSync(path, 'utf8') !== written) return;
  // In place: the container has this very file, by a bind mount; and never empty in between.
  const fd = openSync(path, 'r+');
  try {
    writeSync(fd, text, 0);
    ftruncateSync(fd, Buffer.byteLength(text));
  } finally {
    closeSync(fd);
  }
  remember(paths, id, { version: 1, dns, written: text });
}

const textOf = (dns: Dns, resolver: string | null): string =>
  resolvConfText({
    network: 'own',
    hostFile: hostResolvConf(),
    dns,
    resolver: takesResolver(dns) ? resolver : null,
  });

function recall(paths: Paths, id: string): Remembered {
  try {
    return JSON.parse(readFileSync(fileOf(paths, id), 'utf8')) as Remembered;
  } catch {
    // Of an earlier version, or gone.
    return nothing;
  }
}

const remember = (paths: Paths, id: ContainerId, remembered: Remembered): void =>
  writeFileSync(fileOf(paths, id), JSON.stringify(remembered), { mode: 0o600 });

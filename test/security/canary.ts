/** Files of the host that no attack may change: planted before, compared after. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TestHome } from '../support/home.ts';

export interface Canary {
  /** Absolute path of the tree. */
  readonly path: string;
  /** What nobody but the host may read. */
  readonly secret: string;
  /** Every file with its type, mode, owner, size, time and content. Equal before and after: nobody touched it. */
  fingerprint(): string;
}

/** Plants a tree that looks like parts of a host: directories, a secret, a program, a link, an empty directory. */
export function plantCanary(home: TestHome): Canary {
  const path = join(home.path, 'canary');
  const secret = `secret-${createHash('sha256').update(path).digest('hex')}`;
  for (const directory of ['etc', 'empty', 'bin']) mkdirSync(join(path, directory), { recursive: true });
  writeFileSync(join(path, 'etc', 'passwd'), `canary:x:0:0:${secret}:/:/bin/sh\n`, { mode: 0o600 });
  writeFileSync(join(path, 'etc', 'hosts'), `192.0.2.1 ${secret}\n`, { mode: 0o600 });
  writeFileSync(join(path, 'null'), `${secret}\n`, { mode: 0o600 });
  writeFileSync(join(path, 'bin', 'program'), `#!/bin/sh\necho ${secret}\n`, { mode: 0o755 });
  // The caller's umask may have taken bits away.
  chmodSync(join(path, 'bin', 'program'), 0o755);
  symlinkSync('etc/passwd', join(path, 'link'));
  return { path, secret, fingerprint: () => describe(path, '') };
}

function describe(root: string, below: string): string {
  const path = join(root, below);
  const { mode, uid, gid, size, mtimeNs, ctimeNs, nlink } = lstatSync(path, { bigint: true });
  const own = [below, mode.toString(8), uid, gid, size, mtimeNs, ctimeNs, nlink].join(' ');
  const type = Number(mode) & 0o170000;
  if (type === 0o040000) {
    const names = readdirSync(path).sort();
    return [own, ...names.map((name) => describe(root, join(below, name)))].join('\n');
  }
  if (type === 0o120000) return `${own} -> ${readlinkSync(path)}`;
  if (type === 0o100000) return `${own} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
  return own;
}

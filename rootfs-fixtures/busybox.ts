/** A root filesystem of one static program, Debian's busybox, and a link per applet. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { directory, type Entry, file, symlink } from './entry.ts';

function busyboxPath(): string {
  const path = ['/usr/bin/busybox', '/bin/busybox'].find((candidate) => existsSync(candidate));
  if (path) return path;
  throw new Error("busybox is not installed; scripts/setup.sh installs Debian's busybox-static");
}

const passwd = [
  'root:x:0:0:root:/root:/bin/sh',
  'daemon:x:1:1:daemon:/usr/sbin:/bin/false',
  'alice:x:1000:1000:Alice:/home/alice:/bin/sh',
  'bob:x:1001:1001:Bob:/home/bob:/bin/sh',
  'nobody:x:65534:65534:nobody:/:/bin/false',
];
const group = [
  'root:x:0:',
  'daemon:x:1:',
  'wheel:x:10:alice',
  'audio:x:29:alice,bob',
  'alice:x:1000:',
  'bob:x:1001:',
  'nogroup:x:65534:',
];

/** Directories, accounts, busybox and its applets. alice belongs to wheel and audio. */
export function busyboxRootfs(): readonly Entry[] {
  const path = busyboxPath();
  const applets = execFileSync(path, ['--list'], { encoding: 'utf8' }).split('\n').filter(Boolean).sort();
  return [
    ...['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sbin', 'sys', 'usr', 'usr/bin', 'usr/sbin', 'var', 'var/log'].map(
      (name) => directory(name, name === 'root' ? 0o700 : 0o755),
    ),
    directory('tmp', 0o1777),
    directory('home/alice', 0o755, 1000),
    directory('home/bob', 0o755, 1001),
    file('etc/passwd', `${passwd.join('\n')}\n`),
    file('etc/group', `${group.join('\n')}\n`),
    file('etc/os-release', 'ID=busybox\nPRETTY_NAME="busybox test image"\n'),
    file('bin/busybox', readFileSync(path), 0o755),
    ...applets.filter((name) => name !== 'busybox').map((name) => symlink(`bin/${name}`, 'busybox')),
    symlink('usr/bin/env', '../../bin/busybox'),
  ];
}

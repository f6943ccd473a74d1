/**
 * What a hostile container or archive brings to a copy: programs and libraries with the names of those that copy
 * (CVE-2019-14271), a look at the process that enters (CVE-2019-5736), names and links that lead elsewhere, rights that are
 * worth something on the host.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { directory, type Entry, file, symlink } from '../../rootfs-fixtures/entry.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import { hostView } from '../../src/container/files/container-view.ts';
import { rulesOntoHost } from '../../src/container/files/copy-rules.ts';
import { placeArchive } from '../../src/container/files/place-archive.ts';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal, tsrun } from '../support/tsrun.ts';
import { plantCanary } from './canary.ts';
import { hostileImage } from './hostile-image.ts';

const test = requires();
const kept = new KeptHome();
const canary = plantCanary(kept.home);
const before = canary.fingerprint();
const host = join(kept.home.path, 'host');
beforeAll(async () => {
  mkdirSync(host);
  writeFileSync(join(host, 'mine'), 'mine\n');
  await kept.detached('plain', 'mkdir -p /srv/dest; echo there >/srv/outside; sleep 1000');
});
afterAll(() => kept.dispose());

test('nothing of the image is executed or loaded', async () => {
  const trap = '#!/bin/sh\necho caught >> /caught\n';
  const programs = ['tar', 'xz', 'unxz', 'gzip', 'gunzip', 'unpigz', 'zstd', 'bzip2', 'cp', 'getent', 'id'];
  const image = hostileImage(kept.home, 'traps', {
    without: programs.map((name) => `bin/${name}`),
    layers: [
      [
        ...programs.flatMap((name) => [file(`bin/${name}`, trap, 0o755), file(`usr/bin/${name}`, trap, 0o755)]),
        file('etc/nsswitch.conf', 'passwd: trap\ngroup: trap\n'),
        file('lib/libnss_trap.so.2', trap, 0o755),
        file('etc/ld.so.preload', '/lib/libnss_trap.so.2\n'),
      ],
    ],
  });
  await kept.text('run', '-dq', '--name', 'traps', image, 'sleep', '1000');
  const archive = execFileSync('tar', ['cJ', '-C', host, 'mine']);
  for (const state of ['running', 'stopped']) {
    if (state === 'stopped') await kept.text('stop', '-t', '0', 'traps');
    await kept.text('cp', join(host, 'mine'), 'traps:/tmp/in');
    await kept.text('cp', 'traps:/tmp/in', join(host, 'out'));
    expect((await tsrun(['cp', '-', 'traps:/tmp'], { env: kept.home.env, input: archive })).exitCode).toBe(0);
    await kept.text('diff', 'traps');
    await kept.text('export', '-o', join(host, 'traps.tar'), 'traps');
    await kept.text('commit', 'traps');
  }
  expect((await kept.run('cp', 'traps:/caught', join(host, 'caught'))).exitCode).toBe(1);
});

test('who sees the process that copies cannot touch it', async () => {
  const watch = `
    trap 'exit 0' TERM
    while :; do for at in /proc/[0-9]*; do
      read -r name 2>/dev/null <$at/comm || continue
      [ "$name" = tsrun:files ] || continue
      [ -z "$seen" ] && echo seen; seen=1
      [ -e /report ] || continue
      ( exec 3<$at/exe ) && echo "opened $at/exe"
      ( : >>$at/exe ) && echo "wrote $at/exe"
      for fd in $at/fd/*; do ( exec 3<$fd ) && echo "opened $fd"; done
      cat $at/environ | grep . && echo "read $at/environ"
      ls $at/root/ | grep . && echo "entered $at/root"
    done; done 2>/dev/null`;
  await kept.detached('watches', watch, '--pid', 'host');
  await kept.detached('filled', 'head -c 30000000 /dev/urandom >/big; echo filled; sleep 1000');
  await kept.untilLogged('filled', 'filled');
  await kept.text('exec', 'watches', 'touch', '/report');
  const copying = async () => {
    for (let i = 0; i < 6; i++) await kept.text('cp', 'filled:/big', join(host, 'big'));
  };
  await Promise.all([copying(), kept.untilLogged('watches', 'seen')]);
  expect(await kept.text('logs', 'watches')).toBe('seen');
});

/** One archive for each way out that readers of tar have been led; nothing of it may come to lie outside. */
const archives: Readonly<Record<string, readonly Entry[]>> = {
  'a name that climbs': [file('../outside', 'bad\n')],
  'a name that climbs in the middle': [directory('a'), file('a/../../outside', 'bad\n')],
  'a link, then a file through it': [symlink('way', '..'), file('way/outside', 'bad\n')],
  'an absolute link, then a file through it': [symlink('way', '/srv'), file('way/outside', 'bad\n')],
  'two links, one behind the other': [symlink('one', '..'), symlink('two', 'one/x/..'), file('two/outside', 'bad\n')],
  'a directory, then a link in its place, then a file': [
    directory('way'),
    symlink('way2', '..'),
    directory('way2'),
    file('way2/outside', 'bad\n'),
  ],
  'a link to a file, then that file': [symlink('way', '../outside'), file('way', 'bad\n')],
};

describe('an archive with', () => {
  test('an absolute name puts the file below the destination', async () => {
    const input = tarOf([file('/absolute', 'below\n')]);
    expect((await tsrun(['cp', '-', 'plain:/srv/dest'], { env: kept.home.env, input })).exitCode).toBe(0);
    expect(await kept.text('exec', 'plain', 'cat', '/srv/dest/absolute')).toBe('below');
  });
  for (const [kind, entries] of Object.entries(archives)) {
    test(`${kind} stays in the destination in a container`, async () => {
      await kept.text('exec', 'plain', 'sh', '-c', 'rm -rf /srv/dest; mkdir /srv/dest');
      await tsrun(['cp', '-', 'plain:/srv/dest'], { env: kept.home.env, input: tarOf(entries) });
      expect(await kept.text('exec', 'plain', 'cat', '/srv/outside')).toBe('there');
    });

    test(`${kind} stays in the destination on the host`, async () => {
      const parent = join(host, `dest-${kind.replaceAll(/\W+/g, '-')}`);
      mkdirSync(join(parent, 'dest'), { recursive: true });
      writeFileSync(join(parent, 'outside'), 'there\n');
      const placing = placeArchive({
        archive: (async function* () {
          yield tarOf(
            entries.map((entry) =>
              entry.type === 'symlink' && entry.target === '/srv' ? { ...entry, target: parent } : entry,
            ),
          );
        })(),
        view: hostView,
        path: join(parent, 'dest'),
        parents: 'refuse',
        rule: rulesOntoHost('given'),
        rename: () => (path) => path,
        task: 'test',
        signal: new AbortController().signal,
        onProgress: () => undefined,
      });
      await placing.catch(() => undefined);
      expect(readFileSync(join(parent, 'outside'), 'utf8')).toBe('there\n');
      expect(readdirSync(parent).sort()).toEqual(['dest', 'outside']);
    });
  }
});

test('links of the container that lead to the host are copied as links, and never followed', async () => {
  await kept.text(
    'exec',
    'plain',
    'sh',
    '-c',
    `mkdir /links; ln -s ${canary.path} /links/dir; ln -s ${canary.path}/null /links/file`,
  );
  await kept.text('cp', 'plain:/links', join(host, 'links'));
  expect(lstatSync(join(host, 'links', 'dir')).isSymbolicLink()).toBe(true);
  // A second copy meets them in its way.
  await kept.text(
    'exec',
    'plain',
    'sh',
    '-c',
    'rm -rf /links; mkdir -p /links/dir; echo bad >/links/dir/null; echo bad >/links/file',
  );
  expect((await kept.run('cp', 'plain:/links/.', join(host, 'links'))).stderr).toContain('is no directory');
  expect((await kept.run('cp', '-L', 'plain:/links/nothing', join(host, 'nothing'))).exitCode).toBe(1);
  expect(canary.fingerprint()).toBe(before);
});

test("a link at the destination on the host is the person's own, and is followed", async () => {
  mkdirSync(join(host, 'real'));
  symlinkSync('real', join(host, 'by-name'));
  await kept.text('cp', 'plain:/srv/outside', join(host, 'by-name'));
  expect(existsSync(join(host, 'real', 'outside'))).toBe(true);
});

test('rights that a container gave its files are not copied to the host', async () => {
  await kept.text('exec', 'plain', 'sh', '-c', 'cp /bin/busybox /srv/suid; chmod 6755 /srv/suid');
  await kept.text('cp', 'plain:/srv/suid', join(host, 'suid'));
  expect(statSync(join(host, 'suid')).mode & 0o7777).toBe(0o755);
});

requires('root')('device nodes of a container are not copied to the host, but with -a', async () => {
  await kept.text('exec', 'plain', 'sh', '-c', 'mkdir /nodes; mknod /nodes/zero c 1 5; echo x >/nodes/file');
  const copied = await kept.run('cp', 'plain:/nodes', join(host, 'nodes'));
  expect(copied.stderr).toContain('1 device nodes were left out');
  expect(readdirSync(join(host, 'nodes'))).toEqual(['file']);
  await kept.text('cp', '-a', 'plain:/nodes', join(host, 'nodes-a'));
  expect(statSync(join(host, 'nodes-a', 'zero')).isCharacterDevice()).toBe(true);
});

test('names that are commands to a terminal are shown without effect', async () => {
  await kept.text('exec', 'plain', 'sh', '-c', 'touch "/$(printf \'\\033[31mred\')"');
  const terminal = startOnTerminal(['diff', 'plain'], { env: kept.home.env });
  expect((await terminal.outcome).stdout).toContain('\\x1b[31mred');
});

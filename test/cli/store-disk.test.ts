/** A store whose disk is full or read-only. The disk is a small tmpfs in a mount namespace of its own, gone with its last process. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { oldDockerArchive } from '../../rootfs-fixtures/docker-archive.ts';
import { directory, file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import { tsrunPath } from '../support/fixture.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

let home: TestHome;
let disk = '';
let small = '';
let large = '';
// Not at once: where all tests are skipped nothing would take it away again.
beforeAll(() => {
  home = makeHome();
  disk = join(home.path, 'disk');
  mkdirSync(disk);
  small = archive('small', 'x');
  large = archive('large', Buffer.alloc(6 << 20, 'tsrun '));
});
afterAll(() => home[Symbol.dispose]());

function archive(name: string, content: string | Buffer): string {
  const path = join(home.path, `${name}.tar`);
  const image = imageOf({ reference: `${name}:1`, layers: [[directory('etc')], [file('etc/f', content)]], config: {} });
  writeFileSync(path, tarOf(oldDockerArchive([image])));
  return path;
}

/** Runs a script with a disk of 3 MiB at $store; `tsrun` is a function. */
function onSmallDisk(script: string) {
  const setup = `mount -t tmpfs -o size=3m,nr_inodes=500 tmpfs "$1"; tsrun() { "${tsrunPath}" "$@"; }; store=$1`;
  const argv = ['--mount', '--propagation', 'private', 'sh', '-c', `${setup}\n${script}`, 'sh', disk];
  return spawnSync('unshare', argv, { encoding: 'utf8', env: { ...process.env, ...home.env, TSRUN_STORE: disk } });
}

const root = requires('root');

root('a disk that is full halfway is said to be full, and leaves nothing but what was there', () => {
  const { stdout, stderr } = onSmallDisk(`
    tsrun load -q -i ${small} >/dev/null; (cd "$store/layers"; ls | sort) > "$store/before"
    tsrun load -q -i ${large}; echo "status $?"
    (cd "$store/layers"; ls | sort) | cmp - "$store/before" && echo same
    find "$store/pending" "$store/tmp" -type f; tsrun images`);
  expect(stderr).toContain('no space is left on the device (ENOSPC)');
  expect(stderr).toContain('hint: ');
  expect(stdout).toMatch(/^status 1\nsame\n/);
  expect(stdout).toContain('small');
  expect(stdout).not.toContain('large');
});

root('a read-only disk is said to be one, and what is stored there can be listed', () => {
  const { stdout, stderr } = onSmallDisk(`
    tsrun load -q -i ${small} >/dev/null; mount -o remount,ro "$store"
    tsrun images; tsrun load -q -i ${large}; echo "status $?"`);
  expect(stdout).toContain('small');
  expect(stdout).toContain('status 1\n');
  expect(stderr).toMatch(/EROFS|read-only/);
  expect(stderr).toContain('hint: put the store on a filesystem that can be written');
});

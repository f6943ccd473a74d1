/** A store whose disk is full or read-only, or that another tsrun made. The disk is a small tmpfs in a mount namespace of its own, gone with its last process. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { oldDockerArchive } from '../../rootfs-fixtures/docker-archive.ts';
import { directory, file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import { fakeRegistry } from '../support/fake-registry.ts';
import { tsrunPath } from '../support/fixture.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

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

/** Runs a script with a disk of 3 MiB at $store; `tsrun` is a function, `say` runs it and prints its status and what it said, in one line. */
async function onSmallDisk(script: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const setup = `mount -t tmpfs -o size=3m,nr_inodes=500 tmpfs "$1"; store=$1
    tsrun() { "${tsrunPath}" "$@"; }
    say() { tsrun "$@" >"$store.out" 2>"$store.said"; echo "$1: $? $(tr '\\n' ' ' <"$store.said")"; }`;
  const argv = ['--mount', '--propagation', 'private', 'sh', '-c', `${setup}\n${script}`, 'sh', disk];
  return await promisify(execFile)('unshare', argv, { env: { ...process.env, ...home.env, TSRUN_STORE: disk } });
}

const root = requires('root');
const full =
  /: 1 tsrun: .*(no space (is )?left on (the )?device [(]ENOSPC[)]|ENOSPC: no space left on device).* {3}hint: .*free some/;

root('a disk that is full halfway is said to be full, and leaves nothing but what was there', async () => {
  const registry = await fakeRegistry(
    imageOf({ reference: 'x:1', layers: [[file('x', Buffer.alloc(6 << 20, 'tsrun '))]], config: {} }),
  );
  try {
    const { stdout } = await onSmallDisk(`
      tsrun load -q -i ${small} >/dev/null; (cd "$store/layers"; ls | sort) > "$store.before"
      say load -q -i ${large}; cat ${large} | say load -q; say import ${large}; say image unpack -q ${large}
      say pull -q ${registry.host}/team/x:1
      (cd "$store/layers"; ls | sort) | cmp - "$store.before"; find "$store/pending" "$store/tmp" -type f
      tsrun images --format '{{.Repository}}'; tsrun image verify`);
    const lines = stdout.trim().split('\n');
    const said = lines.slice(0, 5);
    expect(said.filter((line) => !full.test(line))).toEqual([]);
    expect(lines.slice(5)).toEqual(['small', '1 image, 2 layers: nothing is wrong']);
  } finally {
    await registry.close();
  }
});

root('a disk that is full from the beginning stops what writes to it, and nothing that reads', async () => {
  const { stdout } = await onSmallDisk(`
    tsrun load -q -i ${small} >/dev/null
    head -c 10m /dev/zero > "$store/ballast" 2>/dev/null
    say load -q -i ${large}; say tag small:1 other:1; say create small:1 x; say image pack small:1
    say save --format oci-archive small:1; say save -o "$store/x.tar" small:1; ls "$store/x.tar" 2>&1 | wc -l
    find "$store" -name '.*' -type f
    say images; say history small:1; say whence small:1 /etc/f; say save -o "$store.tar" small:1
    say save --format oci-archive -o "$store.tar" small:1; say image pack -o "$store.tar" small:1; say image verify
    rm "$store.tar" "$store/ballast"; head -c 10m /dev/zero > "$store/ballast" 2>/dev/null
    say rmi small:1; tsrun images -q`);
  const lines = stdout.trim().split('\n');
  expect(lines.slice(0, 6).filter((line) => !full.test(line))).toEqual([]);
  const reading = ['images', 'history', 'whence', 'save', 'save', 'image', 'image', 'rmi'].map(
    (command) => `${command}: 0`,
  );
  expect(lines.slice(6).map((line) => line.replace(/(: 0) .*/, '$1'))).toEqual(['1', ...reading]);
  expect(lines[4]).toContain('free some space, or write to a file with -o, which takes no room in the store');
  expect(lines.at(-2)).toMatch(/: 0 tsrun: owners, modes and times of some layers were not compared: ENOSPC: /);
});

root('a read-only disk is said to be one, and all that only reads it goes on', async () => {
  const { stdout } = await onSmallDisk(`
    tsrun load -q -i ${small} >/dev/null; mount -o remount,ro "$store"
    say load -q -i ${large}; say tag small:1 other:1; say rmi small:1; say create small:1 x; say image prune -f
    say images; say inspect small:1; say history small:1; say image tree; say image diff small:1 small:1
    say whence small:1 /etc/f; say system df; say save -o "$store.tar" small:1; rm "$store.tar"
    say save --format oci-archive -o "$store.tar" small:1; rm "$store.tar"
    tsrun image verify 2>&1`);
  const lines = stdout.trim().split('\n');
  const refused = /: 1 tsrun: .*EROFS: read-only file system.* hint: put the store on a filesystem that can be written/;
  expect(lines.slice(0, 5).filter((line) => !refused.test(line))).toEqual([]);
  const reading = ['images', 'inspect', 'history', 'image', 'image', 'whence', 'system', 'save', 'save'];
  expect(lines.slice(5, 14)).toEqual(reading.map((command) => `${command}: 0 `));
  expect(lines.slice(14).join('\n')).toMatch(
    /^tsrun: owners, modes and times of some layers were not compared: EROFS: read-only file system\n1 image, 2 layers: nothing is wrong$/,
  );
});

describe('a store of another version', () => {
  test.each([['images'], ['names'], ['layers']])(
    'of a newer one, by its %s, says so and changes nothing',
    async (folder) => {
      const store = join(home.path, `newer-${folder}`);
      const env = { ...home.env, TSRUN_STORE: store };
      await tsrun(['load', '-q', '-i', small], { env });
      const records = readdirSync(join(store, folder)).filter((name) => name.endsWith('.json'));
      for (const name of records) {
        const path = join(store, folder, name);
        writeFileSync(path, readFileSync(path, 'utf8').replace('"version":1', '"version":2'));
      }
      const before = readdirSync(join(store, 'layers'));
      for (const command of [
        ['image', 'verify', '--repair'],
        ['save', 'small:1'],
        ['image', 'prune', '-a', '-f'],
      ]) {
        const { exitCode, stderr } = await tsrun(command, { env });
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(/it has version 2, this tsrun knows 1\n {2}hint: a newer tsrun wrote this store: /);
      }
      expect(readdirSync(join(store, 'layers'))).toEqual(before);
    },
  );

  // Records were without a moment, layers without a split.
  test('of an older one works, and what cannot be done with it is said', async () => {
    const env = { ...home.env, TSRUN_STORE: join(home.path, 'older') };
    await tsrun(['load', '-q', '-i', small], { env });
    const layers = join(env.TSRUN_STORE, 'layers');
    for (const name of readdirSync(layers)) {
      const path = join(layers, name);
      if (name.endsWith('.split')) rmSync(path);
      if (!name.endsWith('.json')) continue;
      const { written: _, ...older } = JSON.parse(readFileSync(path, 'utf8')) as { readonly written: unknown };
      writeFileSync(path, JSON.stringify(older));
    }
    expect((await tsrun(['whence', 'small:1', '/etc/f'], { env })).stdout).toContain('answers');
    expect((await tsrun(['image', 'verify'], { env })).stdout).toBe(
      '1 image, 0 layers, 2 of an older tsrun not compared: nothing is wrong\n',
    );
    const saved = await tsrun(['save', '-o', join(home.path, 'x.tar'), 'small:1'], { env });
    expect(saved.stderr).toMatch(/older tsrun.*\n {2}hint: load or pull the image again after "tsrun rmi"\n$/);
  });
});

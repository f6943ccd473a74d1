/** Volumes and images that would have files of the host copied, shown or removed. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { directory, symlink } from '../../rootfs-fixtures/entry.ts';
import { archive, gnuLong, rawFile } from '../../rootfs-fixtures/layers/raw-tar.ts';
import { makeHome } from '../support/home.ts';
import { busybox } from '../support/kept.ts';
import { listTree } from '../support/layers.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';
import { plantCanary } from './canary.ts';
import { hostileImage } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const canary = plantCanary(home);
const before = canary.fingerprint();
const run = (...args: readonly string[]) => tsrun(args, { env: home.env });
const volumes = join(home.store, 'volumes');
const up = '../'.repeat(12);

describe('a part of a volume is a part of that volume', () => {
  for (const userns of [[], ['--userns', 'private']]) {
    test(`whatever links its containers put there ${userns.join(' ')}`, async () => {
      const make = `mkdir -p /v/deep${canary.path}; echo mine > /v/deep${canary.path}/own; ln -s ${canary.path} /v/absolute; ln -s ${up}${canary.path} /v/climbing; ln -s /proc/self/root /v/magic`;
      await run('run', '--rm', '-q', '-v', 'parts:/v', busybox, 'sh', '-c', make);
      for (const subpath of ['absolute', 'climbing', `deep/../../absolute`, `magic${canary.path}`]) {
        const mount = `source=parts,target=/part,volume-subpath=${subpath}`;
        const { stdout, stderr } = await run('run', '--rm', '-q', ...userns, '--mount', mount, busybox, 'ls', '/part');
        expect(stdout).not.toContain('etc');
        expect(stderr).toMatch(/there is no such directory or file in the volume|is no path inside of the volume/);
      }
      // What an absolute link means is below the volume.
      await run('run', '--rm', '-q', '-v', 'parts:/v', busybox, 'ln', '-s', `/deep${canary.path}`, '/v/inside');
      const mount = 'source=parts,target=/part,volume-subpath=inside';
      const { stdout } = await run('run', '--rm', '-q', ...userns, '--mount', mount, busybox, 'cat', '/part/own');
      expect(stdout).toBe('mine\n');
      expect(canary.fingerprint()).toBe(before);
      expect((await run('volume', 'rm', 'parts')).exitCode).toBe(0);
    });
  }
});

describe('what an image has at the place of a volume is copied from the image alone', () => {
  for (const target of [canary.path, `${up}${canary.path.slice(1)}`, `/proc/self/root${canary.path}`, `/proc/1/cwd`]) {
    test(`when it is a link to ${target.replace(home.path, 'HOST')}`, async () => {
      const image = hostileImage(home, 'link', {
        layers: [[symlink('data', target), symlink('above', '/'), symlink('etc/out', canary.path)]],
        config: { Volumes: { '/data': {}, [`/above${canary.path}/etc`]: {} } },
      });
      for (const flags of [
        ['-v', 'linked:/data'],
        ['-v', 'linked:/data/etc'],
      ]) {
        await run('run', '--rm', '-q', ...flags, image, 'true');
        const copied = listTree(join(volumes, 'linked'));
        expect(JSON.stringify(copied)).not.toContain('passwd');
        expect(canary.fingerprint()).toBe(before);
        expect((await run('volume', 'rm', '-f', 'linked')).exitCode).toBe(0);
      }
      expect(existsSync(volumes) ? readdirSync(volumes) : []).toEqual([]);
    });
  }

  test('links in the tree stay links, and are removed as such', async () => {
    const image = hostileImage(home, 'links', {
      layers: [
        [directory('data'), symlink('data/out', canary.path), symlink('data/secret', `${canary.path}/etc/passwd`)],
      ],
    });
    await run('run', '--rm', '-q', '-v', 'links:/data', image, 'true');
    const copied = listTree(join(volumes, 'links', '_data'));
    expect(copied['out']).toMatchObject({ type: 'symlink', target: canary.path });
    expect(copied['secret']).toMatchObject({ type: 'symlink' });
    expect((await run('volume', 'rm', 'links')).exitCode).toBe(0);
    expect(canary.fingerprint()).toBe(before);
  });

  test('a tree as deep as layers may be is copied whole', async () => {
    const deepest = `data/${'d/'.repeat(500)}end`;
    const image = hostileImage(home, 'deep', { rawLayer: archive(gnuLong('L', deepest), rawFile('name', 'bottom\n')) });
    const { stdout } = await run(
      'run',
      '--rm',
      '-q',
      '-v',
      'deep:/data',
      image,
      'sh',
      '-c',
      'find /data | wc -l; find /data -name end | wc -l',
    );
    expect(stdout).toBe('502\n1\n');
    expect((await run('volume', 'rm', 'deep')).exitCode).toBe(0);
  });
});

describe('a container cannot lead the next one out of their volume', () => {
  test('by a link where that one mounts another volume', async () => {
    const script = `rm -rf /data/x; ln -s ${canary.path} /data/x; ln -s /proc/self/root${canary.path} /data/y`;
    await run('run', '--rm', '-q', '-v', 'trap:/data', busybox, 'sh', '-c', script);
    const look = 'cat /data/x/etc/passwd /data/y/etc/passwd; touch /data/x/new; echo end';
    const { stdout } = await run(
      'run',
      '--rm',
      '-q',
      '-v',
      'trap:/data',
      '-v',
      'second:/data/x',
      busybox,
      'sh',
      '-c',
      look,
    );
    expect(stdout).toBe('end\n');
    expect(canary.fingerprint()).toBe(before);
    expect((await run('volume', 'rm', 'trap', 'second')).exitCode).toBe(0);
    expect(canary.fingerprint()).toBe(before);
  });
});

describe('a name is no path', () => {
  for (const name of ['..', '.', '../containers', '/etc', 'a/../../b', '-rf', 'x\ny']) {
    test(`${JSON.stringify(name)} is refused by create, inspect and rm`, async () => {
      for (const verb of ['create', 'inspect', 'rm']) {
        const { exitCode, stderr } = await run('volume', verb, '--', name);
        expect(exitCode).not.toBe(0);
        expect(stderr).toMatch(/is no name of a volume|no such volume/);
      }
    });
  }
});

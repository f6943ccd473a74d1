/** Volumes: files that outlive their container, and those that go with it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, vi } from 'vitest';
import { directory, file, symlink } from '../../rootfs-fixtures/entry.ts';
import {
  archive,
  pax,
  rawDirectory,
  rawFile,
  rawHardLink,
  rawHeader,
  rawSymlink,
} from '../../rootfs-fixtures/layers/raw-tar.ts';
import { hostileImage } from '../security/hostile-image.ts';
import { busybox, KeptHome } from '../support/kept.ts';
import { listTree } from '../support/layers.ts';
import { requires } from '../support/requires.ts';

vi.setConfig({ testTimeout: 120_000 });
const kept = new KeptHome();
const test = requires();
const withIds = requires(...(process.getuid?.() === 0 ? [] : (['subuid'] as const)));
const volumes = join(kept.home.store, 'volumes');
const names = (): readonly string[] => (existsSync(volumes) ? readdirSync(volumes).toSorted() : []);
const sh = (script: string, ...flags: readonly string[]): Promise<string> =>
  kept.text('run', '--rm', '-q', ...flags, busybox, 'sh', '-c', script);

/** A database as images have them: its files are another user's. */
const database = hostileImage(kept.home, 'database', {
  layers: [
    [
      directory('srv/db', 0o750, 33),
      { ...file('srv/db/table', 'rows\n', 0o600), uid: 33, gid: 33 },
      directory('srv/db/log', 0o1777),
    ],
  ],
  config: { Volumes: { '/srv/db': {} } },
});

beforeAll(async () => {
  await kept.text('run', '--rm', '-q', busybox, 'true');
});
// One that fails leaves nothing for the next.
afterEach(async () => {
  const ids = (await kept.text('ps', '-aq')).split('\n').filter((id) => id !== '');
  if (ids.length > 0) await kept.text('rm', '-f', ...ids);
  if (names().length > 0) await kept.text('volume', 'prune', '-af');
});
afterAll(() => kept.dispose());

describe('a named volume', () => {
  test('is made when a container names it, and outlives it', async () => {
    await sh('echo kept > /data/file', '-v', 'first:/data');
    expect(await kept.text('volume', 'ls', '--format', '{{.Driver}} {{.Name}}')).toBe('local first');
    expect(await sh('cat /data/file', '--mount', 'source=first,target=/data')).toBe('kept');
    expect(await kept.text('volume', 'rm', 'first')).toBe('first');
    expect(names()).toEqual([]);
  });

  test('a part of it is mounted, below which nothing else is seen', async () => {
    await sh('mkdir -p /data/site/img && echo one > /data/site/img/a; echo two > /data/b', '-v', 'parts:/data');
    const part = (subpath: string): string => `source=parts,target=/part,volume-subpath=${subpath}`;
    expect(await sh('ls /part; cat /part/a', '--mount', part('site/img'))).toBe('a\none');
    expect(await sh('cat /part', '--mount', part('b'))).toBe('two');
    await sh('echo new > /part/c', '--mount', part('site/img'));
    expect(await sh('cat /data/site/img/c', '-v', 'parts:/data')).toBe('new');
    expect(
      await kept.run('run', '--rm', '-q', '--mount', `${part('site')},readonly`, busybox, 'touch', '/part/x'),
    ).toMatchObject({
      exitCode: 1,
    });
    const { stderr, exitCode } = await kept.run('run', '--rm', '-q', '--mount', part('none'), busybox, 'true');
    expect(stderr).toContain('there is no such directory or file in the volume');
    expect(exitCode).toBe(125);
  });

  withIds('a part of it is mounted with the ids of the container', async () => {
    await sh('mkdir /data/mine && chown 7:8 /data/mine', '-v', 'owned:/data');
    const flags = ['--userns', 'private', '--mount', 'source=owned,target=/part,volume-subpath=mine'];
    expect(await sh('stat -c %u:%g /part', ...flags)).toBe('7:8');
  });

  test('mounted read-only cannot be written', async () => {
    const { stderr, exitCode } = await kept.run(
      'run',
      '--rm',
      '-q',
      '-v',
      'locked:/data:ro',
      busybox,
      'touch',
      '/data/x',
    );
    expect(stderr).toContain('Read-only file system');
    expect(exitCode).toBe(1);
    await kept.text('volume', 'rm', 'locked');
  });

  test('is found again by start', async () => {
    await kept.text('create', '-q', '--name', 'again', '-v', 'again:/data', busybox, 'sh', '-c', 'date >> /data/times');
    for (let i = 0; i < 2; i++) {
      await kept.text('start', 'again');
      await kept.text('wait', 'again');
    }
    expect((await sh('wc -l < /data/times', '-v', 'again:/data')).trim()).toBe('2');
    await kept.text('rm', 'again');
    await kept.text('volume', 'rm', 'again');
  });

  test('is not removed as long as a container has it, whether it runs or not', async () => {
    const id = await kept.text('create', '-q', '--name', 'holder', '-v', 'held:/data', busybox, 'sleep', '1000');
    for (const verb of ['start', 'stop']) {
      const { stderr, exitCode } = await kept.run('volume', 'rm', 'held');
      expect(stderr).toContain(`cannot remove volume "held"\n  volume is in use - [${id}]\n`);
      expect(exitCode).toBe(1);
      await kept.text(verb, ...(verb === 'stop' ? ['-t', '0'] : []), 'holder');
    }
    await kept.text('rm', '-v', 'holder');
    expect(names()).toEqual(['held']);
    await kept.text('volume', 'rm', 'held');
  });

  test('that several containers make at once is one volume, with all they wrote', async () => {
    const made = Array.from({ length: 5 }, (_, i) => sh(`touch /data/${i}`, '-v', 'shared:/data'));
    await Promise.all(made);
    expect(await sh('ls /data', '-v', 'shared:/data')).toBe('0\n1\n2\n3\n4');
    await kept.text('volume', 'rm', 'shared');
  });

  test('is removed or used, when both happen at once: a container never loses it', async () => {
    for (let round = 0; round < 5; round++) {
      await kept.text('volume', 'create', 'torn');
      const [removal, use] = await Promise.all([
        kept.run('volume', 'rm', 'torn'),
        kept.run(
          'run',
          '--rm',
          '-q',
          '-v',
          'torn:/data',
          busybox,
          'sh',
          '-c',
          'echo here > /data/file && cat /data/file',
        ),
      ]);
      expect(use).toMatchObject({ stdout: 'here\n', exitCode: 0 });
      expect([0, 1]).toContain(removal.exitCode);
      await kept.run('volume', 'rm', '-f', 'torn');
    }
    expect(names()).toEqual([]);
  });
});

describe('an empty volume gets what the image has there', () => {
  withIds('with the owners and modes of the image, also of the directory itself', async () => {
    const look = 'stat -c "%n %a %u:%g" /srv/db /srv/db/* && cat /srv/db/table';
    const expected = '/srv/db 750 33:33\n/srv/db/log 1777 0:0\n/srv/db/table 600 33:33\nrows';
    for (const flags of [
      [],
      ...(process.getuid?.() === 0 ? [['--userns', 'private']] : [['--userns', 'keep-id', '--user', '0']]),
    ]) {
      const run = (...more: string[]) =>
        kept.text('run', '--rm', '-q', ...flags, '-v', 'db:/srv/db', ...more, database, 'sh', '-c', look);
      expect(await run()).toBe(expected);
      // Once more, from the volume.
      expect(await run()).toBe(expected);
      await kept.text('volume', 'rm', 'db');
    }
  });

  requires('root')('one volume serves containers with and without a user namespace', async () => {
    const look = ['sh', '-c', 'stat -c "%u:%g" /srv/db/table; touch /srv/db/log/$0; stat -c %u /srv/db/log/*'];
    expect(
      await kept.text('run', '--rm', '-q', '--userns', 'private', '-v', 'db:/srv/db', database, ...look, 'a'),
    ).toBe('33:33\n0');
    expect(await kept.text('run', '--rm', '-q', '-v', 'db:/srv/db', database, ...look, 'b')).toBe('33:33\n0\n0');
    expect(statSync(join(volumes, 'db', '_data', 'table')).uid).toBe(33);
    await kept.text('volume', 'rm', 'db');
  });

  withIds('with links, holes, attributes, times and kinds of files', async () => {
    const at = 1_600_000_000;
    const image = hostileImage(kept.home, 'kinds', {
      rawLayer: archive(
        rawDirectory('kinds/', { mode: 0o2751, gid: 50, mtime: at }),
        rawFile('kinds/file', 'text', { mode: 0o4755, mtime: at }),
        rawHardLink('kinds/link', 'kinds/file'),
        rawSymlink('kinds/out', '/etc/passwd', { mtime: at, uid: 7 }),
        rawHeader({ name: 'kinds/pipe', type: '6', mode: 0o600, mtime: at }),
        pax({ 'SCHILY.xattr.user.tag': 'value' }),
        rawFile('kinds/tagged', 'x', { mtime: at }),
        rawDirectory('kinds/deep/', { mode: 0o500, mtime: at }),
        rawFile('kinds/deep/inside', 'y', { mtime: at }),
      ),
    });
    await kept.text('run', '--rm', '-q', '-v', 'kinds:/kinds', image, 'true');
    const copied = listTree(join(volumes, 'kinds', '_data'));
    const mtime = `${at}000000000`;
    expect(copied['.']).toMatchObject({ mode: 0o2751, uid: 0, gid: 50, mtime });
    expect(copied['file']).toMatchObject({ type: 'file', mode: 0o4755, mtime, size: 4 });
    expect(copied['link']?.link).toBe(copied['file']?.link);
    expect(copied['link']?.link).toBeDefined();
    expect(copied['out']).toMatchObject({ type: 'symlink', target: '/etc/passwd', uid: 7, mtime });
    expect(copied['pipe']).toMatchObject({ type: 'fifo', mode: 0o600, mtime });
    expect(copied['tagged']?.xattrs).toEqual({ 'user.tag': Buffer.from('value').toString('hex') });
    expect(copied['deep']).toMatchObject({ type: 'directory', mode: 0o500, mtime });
    expect(copied['deep/inside']).toMatchObject({ type: 'file', size: 1, mtime });
    expect(Object.keys(copied).length).toBe(8);
    await kept.text('volume', 'rm', 'kinds');
  });

  test('as all layers together show it', async () => {
    const image = hostileImage(kept.home, 'layered', {
      layers: [
        [directory('data'), file('data/lower', 'lower'), file('data/changed', 'old'), file('data/gone', '')],
        [directory('data'), file('data/changed', 'new'), file('data/.wh.gone', '')],
      ],
    });
    const { stdout } = await kept.run(
      'run',
      '--rm',
      '-q',
      '-v',
      '/data',
      image,
      'sh',
      '-c',
      'cd /data; ls; cat changed',
    );
    expect(stdout).toBe('changed\nlower\nnew');
  });

  test('when it is made and not later: create copies, start does not', async () => {
    await kept.text('create', '-q', '--name', 'early', '-v', 'early:/etc', busybox, 'true');
    const data = join(volumes, 'early', '_data');
    expect(readdirSync(data)).toContain('passwd');
    for (const name of readdirSync(data)) rmSync(join(data, name));
    await kept.text('start', 'early');
    await kept.text('wait', 'early');
    expect(readdirSync(data)).not.toContain('passwd');
    await kept.text('rm', 'early');
    await kept.text('volume', 'rm', 'early');
  });

  test('and not with nocopy, nor when there is something in it', async () => {
    await kept.text('create', '-q', '--name', 'bare', '-v', 'bare:/etc:nocopy', busybox, 'true');
    expect(readdirSync(join(volumes, 'bare', '_data'))).toEqual([]);
    await sh('touch /x/mine', '-v', 'bare:/x');
    expect(await sh('ls /etc', '-v', 'bare:/etc')).not.toContain('passwd');
    await kept.text('rm', 'bare');
    await kept.text('volume', 'rm', 'bare');
  });

  test('a file in the image is no place for a volume', async () => {
    const { stderr, exitCode } = await kept.run('run', '--rm', '-q', '-v', 'odd:/etc/passwd', busybox, 'true');
    expect(stderr).toContain(
      'cannot mount a volume at "/etc/passwd"\n  the image has a file there, and a volume is a directory',
    );
    expect(exitCode).toBe(125);
    expect(kept.entries('containers')).toEqual([]);
    await kept.text('volume', 'rm', 'odd');
  });

  test('a copy that was interrupted is brought to its end, whoever uses the volume next', async () => {
    await kept.text('volume', 'create', 'half');
    const path = join(volumes, 'half');
    // What a kill -9 leaves when half of it is in its place, and an earlier try that did not get so far.
    for (const each of ['_copy', '_copying']) mkdirSync(join(path, each));
    writeFileSync(join(path, '_copying', 'part'), '');
    writeFileSync(join(path, '_data', 'one'), '1');
    writeFileSync(join(path, '_copy', 'two'), '2');
    expect(await sh('cat /etc/one /etc/two; ls -A /etc', '-v', 'half:/etc')).toMatch(/^12(?!.*part)/s);
    expect(readdirSync(path).toSorted()).toEqual(['_data', 'volume.json']);
    await kept.text('volume', 'rm', 'half');
  });
});

describe('an anonymous volume', () => {
  test('goes with a container of --rm, and a named one does not', async () => {
    await sh('mount | grep -c " /anonymous "', '-v', '/anonymous', '-v', 'stays:/named');
    expect(names()).toEqual(['stays']);
    const id = await kept.text(
      'run',
      '-dq',
      '--rm',
      '-v',
      '/anonymous',
      '-v',
      'stays:/named',
      busybox,
      'sleep',
      '1000',
    );
    expect(names().length).toBe(2);
    await kept.text('stop', '-t', '0', id);
    expect(names()).toEqual(['stays']);
    await kept.text('volume', 'rm', 'stays');
  });

  test('has a name of 64 digits, is dangling after rm, and goes with rm -v', async () => {
    for (const [flags, left] of [
      [[], 1],
      [['-v'], 0],
    ] as const) {
      await kept.text('create', '-q', '--name', 'one', '-v', '/data', busybox, 'true');
      expect(await kept.text('volume', 'ls', '-q', '--filter', 'dangling=true')).toBe('');
      const [name = ''] = names();
      expect(name).toMatch(/^[0-9a-f]{64}$/);
      await kept.text('rm', ...flags, 'one');
      expect(await kept.text('volume', 'ls', '-q', '--filter', 'dangling=true')).toBe(left === 1 ? name : '');
      expect(await kept.text('volume', 'prune', '-f')).toMatch(
        left === 1 ? new RegExp(`^Deleted Volumes:\n${name}\n`) : /^Total/,
      );
    }
  });

  test('of an image is made for its containers, also below a read-only root', async () => {
    const script = 'touch /srv/db/log/new && mount | grep " /srv/db "';
    expect(await kept.text('run', '--rm', '-q', '--read-only', database, 'sh', '-c', script)).toContain('/srv/db');
    expect(names()).toEqual([]);
    await kept.text('create', '-q', '--name', 'db', database, 'true');
    expect(await kept.inspect('db', '{{json .Mounts}}')).toContain('"Destination":"/srv/db"');
    expect(names().length).toBe(1);
    await kept.text('rm', '-v', 'db');
    expect(names()).toEqual([]);
  });

  test('of an image is not made where the container mounts something else', async () => {
    for (const flags of [
      ['-v', `${kept.home.path}:/srv/db:ro`],
      ['--tmpfs', '/srv/db'],
      ['-v', 'mine:/srv/db'],
    ]) {
      await kept.text('create', '-q', '--name', 'own', ...flags, database, 'true');
      expect(names()).toEqual(flags.includes('mine:/srv/db') ? ['mine'] : []);
      await kept.text('rm', 'own');
    }
    await kept.text('volume', 'rm', 'mine');
  });
});

describe('--volumes-from', () => {
  test('shows the volumes and binds of other containers at the same places; the last to go removes them', async () => {
    const shared = join(kept.home.path, 'shared');
    mkdirSync(shared);
    const flags = ['-v', '/anonymous', '-v', 'named:/named', '-v', `${shared}:/bound`];
    await kept.text('create', '-q', '--name', 'source', ...flags, busybox, 'true');
    const write = 'for each in anonymous named bound; do echo $each > /$each/file; done';
    await kept.text('run', '--rm', '-q', '--volumes-from', 'source', busybox, 'sh', '-c', write);
    expect(readFileSync(join(shared, 'file'), 'utf8')).toBe('bound\n');
    await kept.text(
      'create',
      '-q',
      '--name',
      'second',
      '--volumes-from',
      'source:ro',
      busybox,
      'sh',
      '-c',
      'cat /*/file; touch /named/x',
    );
    await kept.text('rm', '-v', 'source');
    expect(names().length).toBe(2);
    await kept.text('start', 'second');
    expect(await kept.text('wait', 'second')).toBe('1');
    expect(await kept.text('logs', 'second')).toBe('anonymous\nbound\nnamed');
    await kept.text('rm', '-v', 'second');
    expect(names()).toEqual(['named']);
    await kept.text('volume', 'rm', 'named');
  });

  test('two that go at once leave nothing of what they shared', async () => {
    for (let round = 0; round < 5; round++) {
      await kept.text('create', '-q', '--name', 'left', '-v', '/shared', busybox, 'true');
      await kept.text('create', '-q', '--name', 'right', '--volumes-from', 'left', busybox, 'true');
      await Promise.all([kept.text('rm', '-v', 'left'), kept.text('rm', '-v', 'right')]);
      expect(names()).toEqual([]);
    }
  });

  test('a mount of one’s own at the same place wins, then the container named last, then the image', async () => {
    for (const name of ['one', 'two']) {
      await kept.text(
        'create',
        '-q',
        '--name',
        name,
        '-v',
        `${name}:/srv/db`,
        '-v',
        `${name}:/${name}`,
        busybox,
        'true',
      );
      await sh(`echo ${name} > /x/who`, '-v', `${name}:/x`);
    }
    await sh('echo own > /x/who', '-v', 'own:/x');
    const who = (...flags: string[]) => kept.text('run', '--rm', '-q', ...flags, database, 'cat', '/srv/db/who');
    const from = ['--volumes-from', 'one', '--volumes-from', 'two'];
    expect(await who(...from)).toBe('two');
    expect(await who(...from, '-v', 'own:/srv/db')).toBe('own');
    await kept.text('rm', 'one', 'two');
    await kept.text('volume', 'rm', 'one', 'two', 'own');
    expect(names()).toEqual([]);
  });

  test('of a container that does not exist says so', async () => {
    const { stderr, exitCode } = await kept.run('run', '--rm', '-q', '--volumes-from', 'nobody', busybox, 'true');
    expect(stderr).toContain('cannot mount the volumes of "nobody"\n  no such container: nobody\n');
    expect(exitCode).toBe(125);
  });
});

describe('a volume that is a directory of the host', () => {
  test('is made with the options of docker’s driver, and its files stay when it goes', async () => {
    const device = join(kept.home.path, 'device');
    mkdirSync(device);
    writeFileSync(join(device, 'file'), 'host\n');
    const options = ['-o', 'type=none', '-o', 'o=bind', '-o', `device=${device}`];
    await kept.text('volume', 'create', ...options, 'hosts');
    expect(await sh('cat /data/file; echo inside > /data/new', '-v', 'hosts:/data')).toBe('host');
    expect(readFileSync(join(device, 'new'), 'utf8')).toBe('inside\n');
    await kept.text('volume', 'rm', 'hosts');
    expect(readdirSync(device).toSorted()).toEqual(['file', 'new']);
  });

  test('of the same name with other options is refused', async () => {
    await kept.text('volume', 'create', 'taken');
    expect(await kept.text('volume', 'create', 'taken')).toBe('taken');
    const options = ['-o', 'type=none', '-o', 'o=bind', '-o', 'device=/tmp'];
    const { stderr, exitCode } = await kept.run('volume', 'create', ...options, 'taken');
    expect(stderr).toContain('a volume of that name exists, and has other options');
    expect(exitCode).toBe(1);
    await kept.text('volume', 'rm', 'taken');
  });
});

describe('a link in the image', () => {
  test('at the place of a volume is followed inside the image', async () => {
    const image = hostileImage(kept.home, 'linked', {
      layers: [[directory('real'), file('real/file', 'real\n'), symlink('place', 'real')]],
      config: { Volumes: { '/place': {} } },
    });
    expect(await kept.text('run', '--rm', '-q', image, 'cat', '/place/file', '/real/file')).toBe('real\nreal');
  });
});

/** cp: every rule of docker's documentation, into a container and out of it, while it runs and when it does not. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal, startTsrun, tsrun } from '../support/tsrun.ts';

let kept: KeptHome;
let place: string;
beforeAll(async () => {
  kept = new KeptHome();
  place = join(kept.home.path, 'place');
  mkdirSync(join(place, 'tree', 'below'), { recursive: true });
  writeFileSync(join(place, 'tree', 'file'), 'of the tree\n');
  writeFileSync(join(place, 'tree', 'below', 'deep'), 'deep\n');
  symlinkSync('file', join(place, 'tree', 'link'));
  symlinkSync('tree', join(place, 'to-tree'));
  writeFileSync(join(place, 'one'), 'one\n');
  await kept.detached('runs', 'sleep 1000');
  await kept.text('create', '--name', 'still', busybox, 'true');
});
afterAll(() => kept.dispose());
const test = requires();

const cp = (...args: readonly string[]) => tsrun(['cp', ...args], { env: kept.home.env, cwd: place });
const made = async (...args: readonly string[]) => {
  const outcome = await cp(...args);
  expect(outcome.stderr).toMatch(/^Successfully copied \S+ to \S+\n$/);
  expect(outcome.exitCode).toBe(0);
};
/** `tar tv` of what cp gives, owners as numbers. */
const listed = async (...args: readonly string[]): Promise<readonly string[]> => {
  const child = startTsrun(['cp', ...args, '-'], { env: kept.home.env, cwd: place });
  return (await untar(child, ['tv', '--numeric-owner', '--full-time'])).split('\n').filter((line) => line !== '');
};
const untar = async (running: ReturnType<typeof startTsrun>, flags: readonly string[]): Promise<string> => {
  running.end();
  const archive = await running.bytes;
  return execFileSync('tar', flags, { input: archive, encoding: 'utf8' });
};
const names = async (container: string, path: string) =>
  (await listed(`${container}:${path}`)).map((line) => line.replace(/^.*\d\d:\d\d:\d\d(\.\d+)? +/, ''));
/** What a file of a container holds. */
const text = async (container: string, path: string): Promise<string> => {
  const running = startTsrun(['cp', `${container}:${path}`, '-'], { env: kept.home.env });
  return await untar(running, ['xO']);
};

describe.each(['runs', 'still'])('into a container that %s', (name) => {
  const at = (path: string) => `${name}:/srv/${path}`;
  beforeAll(async () => {
    mkdirSync(join(place, 'empty'), { recursive: true });
    await made('empty', `${name}:/srv`);
  });

  test('a file to a name that is not there gets that name', async () => {
    await made('one', at('new'));
    expect(await text(name, '/srv/new')).toBe('one\n');
  });

  test('a file to a name that is not there and ends with a slash is an error', async () => {
    const { stderr, exitCode } = await cp('one', at('missing/'));
    expect(stderr).toContain('the destination directory "/srv/missing/" does not exist');
    expect(exitCode).toBe(1);
  });

  test('a file to a file replaces it', async () => {
    await made('one', at('replaced'));
    await made('tree/file', at('replaced'));
    expect(await text(name, '/srv/replaced')).toBe('of the tree\n');
  });

  test('a file to a directory keeps its name', async () => {
    await made('empty', at('dir'));
    await made('one', at('dir'));
    await made('tree/file', at('dir/'));
    expect(await names(name, '/srv/dir')).toEqual(['dir/', 'dir/file', 'dir/one']);
  });

  test('a directory to a name that is not there gets that name', async () => {
    await made('tree', at('copy'));
    expect(await names(name, '/srv/copy')).toEqual([
      'copy/',
      'copy/below/',
      'copy/below/deep',
      'copy/file',
      'copy/link -> file',
    ]);
    await made('tree/.', at('copy2'));
    expect((await names(name, '/srv/copy2')).length).toBe(5);
  });

  test('a directory to a file is an error', async () => {
    await made('one', at('in-the-way'));
    const { stderr, exitCode } = await cp('tree', at('in-the-way'));
    expect(stderr).toContain('a directory cannot be copied to a file');
    expect(exitCode).toBe(1);
  });

  test('a directory to a directory goes into it, and with /. only what it holds', async () => {
    await made('empty', at('into'));
    await made('tree', at('into'));
    expect(await names(name, '/srv/into')).toContain('into/tree/below/deep');
    await made('empty', at('contents'));
    await made('tree/.', at('contents'));
    expect(await names(name, '/srv/contents')).toContain('contents/below/deep');
  });

  test('what is there beside stays, and a directory replaces no file', async () => {
    await made('tree', at('merged'));
    await made('one', at('merged/beside'));
    await made('tree/.', at('merged'));
    expect(await names(name, '/srv/merged')).toContain('merged/beside');
    await made('one', at('merged/below2'));
    mkdirSync(join(place, 'clash', 'below2'), { recursive: true });
    const { stderr, exitCode } = await cp('clash/.', at('merged'));
    expect(stderr).toContain('"below2" is there and is no directory');
    expect(exitCode).toBe(1);
  });

  test('directories above are not made', async () => {
    const { stderr, exitCode } = await cp('one', at('no/such/file'));
    expect(stderr).toContain('does not exist');
    expect(exitCode).toBe(1);
  });

  test('a link is copied as a link, with -L as what it leads to', async () => {
    await made('to-tree', at('as-link'));
    expect(await names(name, '/srv/as-link')).toEqual(['as-link -> tree']);
    await made('-L', 'to-tree', at('as-tree'));
    expect(await names(name, '/srv/as-tree')).toContain('as-tree/below/deep');
  });

  test('a destination that is a link means what it leads to, inside', async () => {
    symlinkSync('/srv/behind', join(place, `leads-${name}`));
    await made(`leads-${name}`, at('leads'));
    await made('one', at('leads'));
    expect(await text(name, '/srv/behind')).toBe('one\n');
  });

  test('everything belongs to root there, and may what it may, and has the time it had', async () => {
    writeFileSync(join(place, 'dressed'), '', { mode: 0o640 });
    utimesSync(join(place, 'dressed'), 1, 1_500_000_000.25);
    await made('dressed', at('dressed'));
    expect(await listed(at('dressed'))).toEqual([
      expect.stringMatching(/^-rw-r----- 0\/0\s+0 2017-07-14 02:40:00.25 dressed$/),
    ]);
  });

  test('an archive on standard input goes into a directory, with its owners', async () => {
    const archive = execFileSync(
      'tar',
      ['c', '--owner=7', '--group=8', '--numeric-owner', '-C', join(place, 'tree'), '.'],
      { maxBuffer: 1 << 24 },
    );
    const into = async (path: string, input: Buffer) =>
      await tsrun(['cp', '-', `${name}:${path}`], { env: kept.home.env, input });
    await made('empty', at('unpacked'));
    expect((await into('/srv/unpacked', archive)).exitCode).toBe(0);
    expect(await listed(at('unpacked/file'))).toEqual([expect.stringContaining(' 7/8 ')]);
    const refused = await into('/srv/not-there', archive);
    expect(refused.stderr).toContain('has to be a directory');
    expect(refused.exitCode).toBe(1);
  });

  test('holes stay holes, and one file of two names one file', async () => {
    mkdirSync(join(place, `odd-${name}`));
    writeFileSync(join(place, `odd-${name}`, 'holes'), 'x');
    truncateSync(join(place, `odd-${name}`, 'holes'), 50 << 20);
    writeFileSync(join(place, `odd-${name}`, 'a'), 'x');
    linkSync(join(place, `odd-${name}`, 'a'), join(place, `odd-${name}`, 'b'));
    await made(`odd-${name}`, at('odd'));
    await made(`${name}:/srv/odd`, `back-${name}`);
    const back = statSync(join(place, `back-${name}`, 'holes'));
    expect(back.size).toBe(50 << 20);
    expect(back.blocks * 512).toBeLessThan(1 << 20);
    expect(statSync(join(place, `back-${name}`, 'a')).nlink).toBe(2);
  });
});

describe.each(['runs', 'still'])('out of a container that %s', (name) => {
  const out = (file: string) => join(place, `out-${name}`, file);
  beforeAll(async () => {
    mkdirSync(out(''), { recursive: true });
    await made('tree', `${name}:/source`);
  });

  test('a file and a directory, by the same rules', async () => {
    await made(`${name}:/source/file`, out('new'));
    expect(readFileSync(out('new'), 'utf8')).toBe('of the tree\n');
    await made(`${name}:/source/file`, out(''));
    expect(existsSync(out('file'))).toBe(true);
    expect((await cp(`${name}:/source/file`, `${out('missing')}/`)).exitCode).toBe(1);
    await made(`${name}:/source`, out('dir'));
    await made(`${name}:/source`, out('dir'));
    await made(`${name}:source/.`, out('contents'));
    expect(readFileSync(out('dir/source/below/deep'), 'utf8')).toBe('deep\n');
    expect(readlinkSync(out('contents/link'))).toBe('file');
    expect((await cp(`${name}:/source`, out('new'))).stderr).toContain('a directory cannot be copied to a file');
  });

  test('what is not there is an error, and nothing is made', async () => {
    const { stderr, exitCode } = await cp(`${name}:/no/such`, out('nothing'));
    expect(stderr).toContain('there is no "/no/such"');
    expect(exitCode).toBe(1);
    expect(existsSync(out('nothing'))).toBe(false);
  });

  test('files belong to who copies them', async () => {
    await made(`${name}:/bin/busybox`, out('busybox'));
    expect(statSync(out('busybox'))).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.() });
  });

  test('a link is looked up inside with -L', async () => {
    symlinkSync('/source/file', join(place, `absolute-${name}`));
    await made(`absolute-${name}`, `${name}:/absolute`);
    await made('-L', `${name}:/absolute`, out('followed'));
    expect(lstatSync(out('followed')).isFile()).toBe(true);
    expect(readFileSync(out('followed'), 'utf8')).toBe('of the tree\n');
  });
});

test('a running container shows its volumes and its tmpfs, and what the kernel makes up is not copied', async () => {
  mkdirSync(join(place, 'volume'));
  await kept.detached(
    'mounts',
    'echo in >/ram/file; echo ready; sleep 1000',
    '-v',
    `${join(place, 'volume')}:/vol`,
    '--tmpfs',
    '/ram',
  );
  await kept.untilLogged('mounts', 'ready');
  expect(await text('mounts', '/ram/file')).toBe('in\n');
  await made('one', 'mounts:/vol');
  expect(readFileSync(join(place, 'volume', 'one'), 'utf8')).toBe('one\n');
  expect((await cp('mounts:/proc/1/environ', '.')).stderr).toContain('made up by the kernel');
  expect(await names('mounts', '/')).not.toContainEqual(expect.stringMatching(/^\.\/proc\/./));
});

describe('a container that does not run shows its volumes and binds', () => {
  test('in both directions, and nothing is written under where they are mounted', async () => {
    mkdirSync(join(place, 'bound'));
    const flags = ['-v', 'cpvol:/vol', '-v', `${join(place, 'bound')}:/vol/deep/bind`, '--tmpfs', '/ram'];
    await kept.text('create', '-q', '--name', 'holds', ...flags, busybox, 'true');
    await made('one', 'holds:/vol/file');
    await made('one', 'holds:/vol/deep/bind/file');
    const volume = await kept.text('volume', 'inspect', '-f', '{{.Mountpoint}}', 'cpvol');
    expect(await kept.text('run', '--rm', '-v', 'cpvol:/v', busybox, 'cat', '/v/file')).toBe('one');
    expect(readFileSync(join(place, 'bound', 'file'), 'utf8')).toBe('one\n');
    expect(await text('holds', '/vol/file')).toBe('one\n');
    expect(await names('holds', '/vol')).toEqual(expect.arrayContaining(['vol/file', 'vol/deep/bind/file']));
    // A link of the container's that leads there.
    symlinkSync('/vol', join(place, 'to-volume'));
    await made('to-volume', 'holds:/linked');
    await made('one', 'holds:/linked/by-link');
    expect(await text('holds', '/vol/by-link')).toBe('one\n');
    expect(await kept.text('diff', 'holds')).not.toMatch(/file|by-link/);
    expect(existsSync(join(volume, '..'))).toBe(true);
    await kept.text('start', '-a', 'holds');
    await kept.text('rm', 'holds');
    await kept.text('volume', 'rm', 'cpvol');
  });

  test('a read-only one is not written, a part of one is a part', async () => {
    await kept.text('run', '--rm', '-v', 'cpparts:/v', busybox, 'sh', '-c', 'mkdir /v/site; echo in > /v/site/a');
    const part = 'source=cpparts,target=/site,volume-subpath=site';
    await kept.text('create', '-q', '--name', 'reads', '-v', 'cpparts:/v:ro', '--mount', part, busybox, 'true');
    const { stderr, exitCode } = await cp('one', 'reads:/v/file');
    expect(stderr).toContain('EROFS');
    expect(exitCode).toBe(1);
    expect(await text('reads', '/site/a')).toBe('in\n');
    await made('one', 'reads:/site/b');
    expect(await text('reads', '/v/site/b')).toBe('one\n');
    await kept.text('rm', 'reads');
    await kept.text('volume', 'rm', 'cpparts');
  });

  requires(...(process.getuid?.() === 0 ? [] : (['subuid'] as const)))(
    'with the ids of the container, whatever its user namespace',
    async () => {
      const flags = ['--userns', 'private', '-v', 'cpids:/vol'];
      await kept.text('create', '-q', '--name', 'mapped', ...flags, busybox, 'stat', '-c', '%u:%g', '/vol/file');
      await made('one', 'mapped:/vol/file');
      expect(await kept.text('start', '-a', 'mapped')).toBe('0:0');
      expect(await text('mapped', '/vol/file')).toBe('one\n');
      await kept.text('rm', 'mapped');
      await kept.text('volume', 'rm', 'cpids');
    },
  );
});

test('the usual mistakes are said', async () => {
  expect((await cp('one', 'two')).stderr).toContain('no container was named');
  expect((await cp('runs:/a', 'still:/b')).stderr).toContain('cannot copy between containers');
  expect((await cp('one', 'nosuch:/b')).stderr).toContain('no such container');
  expect((await cp('-q', 'one', 'runs:/tmp')).stderr).toBe('');
  const terminal = startOnTerminal(['cp', 'runs:/etc', '-'], { env: kept.home.env });
  expect((await terminal.outcome).stdout).toContain('standard output is a terminal');
});

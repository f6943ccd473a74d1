/** What a container that lives leaves on the disk, and who may reach it (CVE-2024-25621, CVE-2021-41091): nobody else, and no link. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { create, open, TsrunError } from '../../src/index.ts';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { plantCanary } from './canary.ts';

const kept = new KeptHome();
afterAll(() => kept.dispose());
const test = requires();
const canary = plantCanary(kept.home);
const before = canary.fingerprint();
const containers = join(kept.home.store, 'containers');
let id = '';

beforeAll(async () => {
  // As open as somebody can leave them who made them beforehand.
  for (const path of [kept.home.path, kept.home.store, kept.home.state]) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o755);
  }
  const check = ['--health-cmd', 'true', '--health-interval', '100ms'];
  id = await kept.detached('box', 'echo my-secret-word; exec sleep 100000', '-i', '--restart', 'on-failure', ...check);
  await kept.text('rename', 'box', 'renamed');
  await kept.text('update', '--restart', 'always', 'renamed');
  await kept.text('wait', '--condition', 'healthy', 'renamed');
  await kept.text('kill', '-s', 'CONT', 'renamed');
});

/** What the container itself has to be able to read, in a directory that nobody else gets into. */
const ofTheContainer = new Set(['hostname', 'hosts', 'resolv.conf', 'upper', 'work', 'attach']);

describe('others on the machine', () => {
  test('get no right on any file of a container, of the names or of the events', () => {
    const path = join(containers, id);
    const files = readdirSync(path);
    expect(files).toEqual(
      expect.arrayContaining(['asked', 'attach', 'health', 'health-plan', 'kept.json', 'log', 'restart', 'running']),
    );
    const open = files.filter((name) => !ofTheContainer.has(name) && (lstatSync(join(path, name)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
    for (const closed of [path, containers, join(kept.home.store, 'container-names'), join(kept.home.state, 'events')])
      expect([closed, lstatSync(closed).mode & 0o077]).toEqual([closed, 0]);
  });

  requires(
    'root',
    'program-setpriv',
    'terminal',
  )('find no log, no record and no socket', () => {
    // Whoever runs this may not even enter the checkout: what is there is asked for by its path.
    const connect = `import os,sys
try: os.stat(sys.argv[1]); print('found')
except OSError as error: print(error.errno)`;
    const script = `cat '${containers}/${id}/log' '${containers}/${id}/kept.json' '${kept.home.state}/events'; ls '${containers}' '${kept.home.store}/container-names'
      cd '${containers}' && cd '${id}' && echo entered; exec python3 -c "$0" '${containers}/${id}/attach'`;
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-c', script, connect];
    const { stdout } = spawnSync('setpriv', nobody, { encoding: 'utf8' });
    // EACCES.
    expect(stdout).toBe('13\n');
  });
});

describe('a link where we write', () => {
  test('is not followed: events, log, and what says how it ended', async () => {
    const other = await kept.detached('linked', 'echo one; exec sleep 100000');
    await kept.untilLogged('linked', 'one');
    await kept.text('stop', '-t', '0', 'linked');
    const target = join(canary.path, 'etc', 'hosts');
    const replace = (path: string): void => {
      rmSync(path, { force: true });
      symlinkSync(target, path);
    };
    for (const name of ['log', 'exit', 'ran', 'asked', 'health']) replace(join(containers, other, name));
    replace(join(kept.home.state, 'events'));
    await kept.run('start', 'linked');
    await kept.run('stop', '-t', '0', 'linked');
    for (const name of ['.exit', '.running']) {
      replace(join(containers, other, name));
      await kept.run('start', 'linked');
      rmSync(join(containers, other, name), { force: true });
    }
    expect(canary.fingerprint()).toBe(before);
    rmSync(join(kept.home.state, 'events'), { force: true });
    await kept.text('rm', '-f', 'linked');
    expect(canary.fingerprint()).toBe(before);
  });

  test('is no name of a container: it leads nowhere', async () => {
    const outside = join(kept.home.path, 'outside');
    mkdirSync(outside);
    // A container whose files lie elsewhere, as its own are.
    for (const name of ['kept.json', 'container.json', 'running']) {
      writeFileSync(join(outside, name), readFileSync(join(containers, id, name)));
    }
    writeFileSync(join(outside, 'lock'), '');
    symlinkSync('../../outside', join(kept.home.store, 'container-names', 'elsewhere'));
    for (const verb of ['inspect', 'rm', 'start', 'stop'])
      expect((await kept.run(verb, 'elsewhere')).exitCode).not.toBe(0);
    await kept.run('rm', '-f', 'elsewhere');
    for (const word of ['../../outside', '..', `${containers}/${id}`, `./${id}`]) {
      expect((await kept.run('inspect', word)).exitCode).not.toBe(0);
      expect((await kept.run('rm', word)).exitCode).not.toBe(0);
    }
    expect(existsSync(join(outside, 'kept.json'))).toBe(true);
    rmSync(join(kept.home.store, 'container-names', 'elsewhere'));
    expect(await kept.text('exec', 'renamed', 'echo', 'alive')).toBe('alive');
  });

  test('or a file that is not ours, or half of one, costs the other containers nothing', async () => {
    const odd = join(containers, 'f'.repeat(64));
    mkdirSync(odd);
    for (const text of ['', '{', '{"version":1}', 'null', '[]', '{"version":1,"request":null}', '\0'.repeat(100)]) {
      writeFileSync(join(odd, 'kept.json'), text);
      writeFileSync(join(odd, 'container.json'), text);
      writeFileSync(join(odd, 'running'), `tsrun-running 1\npid ${text}\n`);
      expect(await kept.text('ps', '--format', '{{.Names}}')).toBe('renamed');
      mkdirSync(odd, { recursive: true });
    }
    rmSync(odd, { recursive: true, force: true });
  });
});

describe('a program that passes on what others said', () => {
  const places = { store: kept.home.store, root: kept.home.state };
  test('hears of what is no name, path, variable or user, before anything is made', async () => {
    const there = readdirSync(containers);
    const options: readonly object[] = [
      { name: '../x' },
      { name: 'a/b' },
      { hostname: 'a\nb' },
      { env: ['=x'] },
      { env: { 'A=B': 'x' } },
      { env: { A: 'x\0y' } },
      { workdir: 'relative' },
      { workdir: '/a\0b' },
      { command: ['a\0b'] },
      { user: '-1' },
      { user: '99999999999' },
      { volumes: ['name:relative'] },
    ];
    const outcomes = await Promise.all(
      options.map((option) =>
        create(busybox, { ...places, ...option }).then(
          () => [option, 'made'],
          (error: unknown) => [option, error instanceof TsrunError ? error.code : String(error)],
        ),
      ),
    );
    expect(outcomes).toEqual(options.map((option) => [option, 'USAGE']));
    expect(readdirSync(containers)).toEqual(there);
  });

  test('nor reaches another file by a container’s name', async () => {
    for (const word of ['../outside', '..', '.', '', '/', 'a\0b', '*']) {
      await expect(open(word, places)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
    }
    const running = await open('renamed', places);
    if (running.state !== 'running') throw new Error('it runs');
    for (const more of [{ workdir: 'relative' }, { user: '-1' }, { env: ['=x'] }]) {
      await expect(running.exec(['true'], more)).rejects.toMatchObject({ code: 'USAGE' });
    }
    await expect(running.exec(['a\0b'])).rejects.toMatchObject({ code: 'USAGE' });
    await expect(running.copyOut('/etc/passwd', '/a\0b')).rejects.toBeInstanceOf(Error);
  });
});

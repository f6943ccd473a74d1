/** Descriptors of the caller's for the command: `--preserve-fds`, and sockets by sd_listen_fds(3). Both together as with runc. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { makeBundle, type TestBundle } from './bundle.ts';
import { tsrunOciPath } from './tsrun-oci.ts';

const home = makeHome();
const script =
  'echo $LISTEN_FDS,$LISTEN_PID,$LISTEN_FDNAMES; for n in 3 4 5; do cat /proc/self/fd/$n 2>/dev/null || echo none; done';
const files: number[] = [];
let bundle: TestBundle;
beforeAll(() => {
  bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.process.env = ['PATH=/bin'];
  });
  expect(bundle.oci(['run', '--detach', 'running'])).toMatchObject({ stderr: '', status: 0 });
  bundle.configure((config) => {
    config.process.args = ['sh', '-c', script];
    config.process.env = ['PATH=/bin'];
    // That of the one that runs is taken.
    config.linux.cgroupsPath = `${config.linux.cgroupsPath}-other`;
  });
  for (const name of ['first', 'second', 'third']) {
    writeFileSync(join(home.path, name), `${name}\n`);
    files.push(openSync(join(home.path, name), 'r'));
  }
});
afterAll(() => {
  for (const fd of files) closeSync(fd);
  bundle.oci(['delete', '--force', 'running']);
  home[Symbol.dispose]();
});

/** Three files at 3, 4 and 5; what the command sees of them. `pid`: whom LISTEN_PID names. */
function seen(
  verb: 'run' | 'exec',
  preserve: number,
  listen: { fds: number; pid: 'own' | 'none' | number } | null,
): string[] {
  const words = verb === 'run' ? ['c'] : ['running', 'sh', '-c', script];
  const flags = preserve === 0 ? [] : ['--preserve-fds', String(preserve)];
  const set = listen === null ? '' : `export LISTEN_FDS=${listen.fds} LISTEN_FDNAMES=web`;
  const pid =
    listen === null || listen.pid === 'none' ? '' : `export LISTEN_PID=${listen.pid === 'own' ? '$$' : listen.pid}`;
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', `${set}\n${pid}\nexec "$@"`, 'sh', tsrunOciPath, '--root', bundle.root, verb, ...flags, ...words],
    { cwd: bundle.path, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe', ...files] },
  );
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

describe.each(['run', 'exec'] as const)('%s', (verb) => {
  test('hands on none without being asked', () => {
    expect(seen(verb, 0, null)).toEqual([',,', 'none', 'none', 'none']);
  });

  test('hands on as many as --preserve-fds says, from 3 on', () => {
    expect(seen(verb, 2, null)).toEqual([',,', 'first', 'second', 'none']);
  });

  // podman names 1, PID 1 of the container, and lists the sockets in --preserve-fds.
  test('leaves sockets alone that are meant for another process, or for nobody', () => {
    expect(seen(verb, 1, { fds: 1, pid: 1 })).toEqual([',,', 'first', 'none', 'none']);
    expect(seen(verb, 0, { fds: 1, pid: 'none' })).toEqual([',,', 'none', 'none', 'none']);
  });
});

test('run hands on sockets that are meant for it, and says so to the command, whose pid is another', () => {
  expect(seen('run', 0, { fds: 2, pid: 'own' })).toEqual(['2,1,web', 'first', 'second', 'none']);
});

test('with both, those of --preserve-fds come behind the sockets', () => {
  expect(seen('run', 1, { fds: 2, pid: 'own' })).toEqual(['2,1,web', 'first', 'second', 'third']);
});

test('sockets are PID 1’s: exec hands on what --preserve-fds says', () => {
  expect(seen('exec', 1, { fds: 2, pid: 'own' })).toEqual([',,', 'first', 'none', 'none']);
});

// Node opens descriptors of its own at the free numbers.
test('one that is not open is refused by its number', () => {
  const refused = bundle.oci(['run', '--preserve-fds', '1', 'c']);
  expect(refused).toMatchObject({ stdout: '', status: 255 });
  expect(refused.stderr).toBe('tsrun-oci: cannot use --preserve-fds\n  descriptor 3 is not open\n');
  expect(bundle.oci(['run', '--preserve-fds', 'x', 'c']).stderr).toContain('--preserve-fds cannot be "x"');
});

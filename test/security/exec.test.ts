/** `exec` into a hostile container: what joins it gives nothing of the host away (CVE-2019-5736, CVE-2016-9962, CVE-2024-21626). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { directory, file, symlink } from '../../rootfs-fixtures/entry.ts';
import { repository } from '../support/fixture.ts';
import { KeptHome } from '../support/kept.ts';
import { missing } from '../support/needs.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal, tsrun } from '../support/tsrun.ts';
import { plantCanary } from './canary.ts';
import { hostileImage, program } from './hostile-image.ts';

const kept = new KeptHome();
afterAll(() => kept.dispose());
const test = requires();
const canary = plantCanary(kept.home);
const before = canary.fingerprint();

const upwards = '../'.repeat(10);
const canaryPrograms = `${upwards}${canary.path.slice(1)}/bin`;
const numbers = Array.from({ length: 40 }, (_, n) => n);

// Opens the program of whoever comes in, again and again, and writes to what it has got.
const lurk = `#!/bin/sh
echo ready
while :; do
  for exe in /proc/[0-9]*/exe; do
    case $exe in /proc/$$/exe | /proc/1/exe) continue ;; esac
    ( exec 3< $exe && : >> /proc/self/fd/3 && echo "wrote $exe" )
    ( : >> $exe && echo "wrote $exe" )
  done 2>/dev/null
done
`;
const image = hostileImage(kept.home, 'lurking', {
  layers: [
    [
      file('bin/lurk', lurk, 0o755),
      file('bin/through-self', '#!/proc/self/exe monitor\n', 0o755),
      symlink('bin/linked-self', '/proc/self/exe'),
      directory('links'),
      ...numbers.map((n) => symlink(`links/${n}`, `/proc/self/fd/${n}/${canaryPrograms}`)),
      symlink('work', '/proc/self/fd/7'),
      program(kept.home, 'touch-terminal'),
    ],
  ],
});
const ours = ['build/Release/tsrun-init', 'build/Release/tsrun.node', 'bin/tsrun'].map((path) =>
  join(repository, path),
);
const hashes = (): readonly string[] =>
  [process.execPath, ...ours].map((path) => createHash('sha256').update(readFileSync(path)).digest('hex'));
const programs = hashes();

beforeAll(async () => {
  await kept.text('run', '-dq', '--name', 'trap', image, 'sleep', '100000');
});

describe('what comes in', () => {
  test('cannot be written by who lies in wait for it', async () => {
    await kept.text('run', '-dq', '--name', 'lurking', image, 'lurk');
    await kept.untilLogged('lurking', 'ready');
    for (let round = 0; round < 10; round++) expect(await kept.text('exec', 'lurking', 'echo', 'in')).toBe('in');
    // The programs that it finds are busybox, its own, which it may change: what it has said names one that ran then.
    await kept.text('rm', '-f', 'lurking');
    expect(hashes()).toEqual(programs);
  });

  for (const command of ['/proc/self/exe', '/proc/1/exe', 'through-self', 'linked-self']) {
    test(`is no program of ours to run, as ${command}`, async () => {
      const { exitCode } = await kept.run('exec', 'trap', command);
      // /proc/1/exe is the container's own.
      if (command !== '/proc/1/exe') expect(exitCode).not.toBe(0);
      expect(hashes()).toEqual(programs);
    });
  }

  test('has three descriptors, and none of the host', async () => {
    expect(await kept.text('exec', 'trap', 'sh', '-c', 'ls /proc/$$/fd; true')).toBe('0\n1\n2');
    const search = (one: (n: number) => string): readonly string[] => ['-e', `PATH=${numbers.map(one).join(':')}`];
    for (const flags of [search((n) => `/proc/self/fd/${n}/${canaryPrograms}`), search((n) => `/links/${n}`)]) {
      const { stdout, exitCode } = await kept.run('exec', ...flags, 'trap', 'program');
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 127 });
    }
  });

  for (const path of ['/proc/self/fd/4', '/proc/self/fd/9', '/work', '/proc/1/cwd']) {
    test(`does not work above its root, in ${path}`, async () => {
      const read = `cat ${canaryPrograms}/program; cat ../../../../..${canary.path}/bin/program; readlink /proc/self/cwd`;
      const { stdout } = await kept.run('exec', '-w', path, 'trap', '/bin/sh', '-c', read);
      // Refused, or a directory of the container's.
      expect(['', '/\n']).toContain(stdout);
    });
  }

  test('has the capabilities, the filter and the environment of the container, and nothing of the host’s', async () => {
    const look = 'grep -E "^(Cap|NoNewPrivs|Seccomp:|Groups)" /proc/self/status';
    const first = await kept.text('run', '--rm', '-q', image, 'sh', '-c', look);
    const second = await kept.text('exec', 'trap', 'sh', '-c', look);
    expect(second).toBe(first);
    expect(second).toMatch(/^CapInh:\s+0{16}$/m);
    expect(second).toMatch(/^CapAmb:\s+0{16}$/m);
    expect(second).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(second).toMatch(/^Seccomp:\s+2$/m);
    const { stdout } = await tsrun(['exec', 'trap', 'env'], {
      env: { ...kept.home.env, HOST_SECRET: 'secret', LD_PRELOAD: '', NODE_OPTIONS: '--no-warnings' },
    });
    expect(
      stdout
        .split('\n')
        .map((line) => line.split('=')[0])
        .toSorted(),
    ).toEqual(['', 'HOME', 'HOSTNAME', 'PATH']);
  });

  if (missing('terminal') === null) {
    test('without -t has nothing of the terminal that it was called from', async () => {
      const touching = startOnTerminal(['exec', '-i', 'trap', 'touch-terminal'], { env: kept.home.env });
      const lines = (await touching.outcome).stdout.replaceAll('\r', '').trim().split('\n');
      expect(lines).toHaveLength(4);
      for (const line of lines.slice(0, 3)) {
        expect(line).toContain('terminal 0');
        for (const request of ['TIOCSTI', 'TIOCLINUX', 'TIOCSCTTY'])
          expect(line).toMatch(new RegExp(`${request} [1-9]`));
      }
      expect(lines[3]).toBe(`/dev/tty ${constants.errno.ENXIO}`);
    });
  }
});

test('the host is as it was', () => {
  expect(canary.fingerprint()).toBe(before);
  expect(hashes()).toEqual(programs);
});

/** Variables of the image in processes of the host, and the host's inside (NVIDIA CVE-2025-23266, CVE-2021-3602). */
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { file } from '../../rootfs-fixtures/entry.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { type Running, startTsrun, tsrun } from '../support/tsrun.ts';
import { hostileImage } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const mark = join(home.path, 'executed');
const evil = `require("node:fs").writeFileSync(${JSON.stringify(mark)}, process.argv.join(" "))`;

const image = hostileImage(home, 'environment', {
  layers: [
    [
      // Names that helpers of the host might be looked up by, in the image and in a directory of its PATH.
      ...['newuidmap', 'newgidmap', 'tar', 'gzip', 'xz', 'zstd', 'mount', 'node', 'sh-evil'].map((name) =>
        file(`root/${name}`, `#!/bin/sh\ntouch ${mark}\n`, 0o755),
      ),
      file('root/evil.cjs', evil),
      file('root/evil.so', 'no library'),
    ],
  ],
  config: {
    Env: [
      'PATH=/root:/bin',
      'LD_PRELOAD=/root/evil.so',
      'LD_LIBRARY_PATH=/root',
      'NODE_OPTIONS=--require=/root/evil.cjs',
      'NODE_PATH=/root',
      'TSRUN_STORE=/root',
      'HOME=/root',
      'GCONV_PATH=/root',
      'BASH_ENV=/root/node',
    ],
    WorkingDir: '/root',
  },
});

const secret = {
  TSRUN_TEST_SECRET: 'of the host',
  AWS_SECRET_ACCESS_KEY: 'x',
  NODE_OPTIONS: '--no-warnings',
  SSH_AUTH_SOCK: '/x',
  LD_BIND_NOW: '1',
};

test('the image’s variables reach the command and nothing of the host', async () => {
  const { stdout, exitCode } = await tsrun(['run', '--rm', '--quiet', image, '/bin/env'], { env: home.env });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('NODE_OPTIONS=--require=/root/evil.cjs\n');
  expect(stdout).toContain('LD_PRELOAD=/root/evil.so\n');
  expect(existsSync(mark)).toBe(false);
});

const nodeOptions: readonly (readonly [claim: string, args: (list: string) => readonly string[]])[] = [
  ['--env-file of run', (list) => ['--env-file', list, image, '/bin/env']],
  ['--env-file of the container’s command', (list) => [image, '/bin/echo', `--env-file=${list}`]],
  ['an env file that is missing', () => [image, '/bin/echo', '--env-file=/nonexistent']],
  ['options that Node has too', () => [image, '/bin/echo', '--require=/root/evil.cjs', '--inspect']],
];

// Node looks for --env-file in all of its arguments, those behind the script's name too, and obeys NODE_OPTIONS in that file.
for (const [claim, args] of nodeOptions) {
  test(`${claim} is none of Node’s own`, async () => {
    const list = join(home.path, 'env-list');
    writeFileSync(list, `NODE_OPTIONS=--require=${join(home.path, 'on-host.cjs')}\n`);
    writeFileSync(join(home.path, 'on-host.cjs'), evil);
    const { stderr, exitCode } = await tsrun(['run', '--rm', '--quiet', ...args(list)], { env: home.env });
    expect(existsSync(mark)).toBe(false);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });
}

test('of the host’s variables none comes in', async () => {
  const { stdout } = await tsrun(['run', '--rm', '--quiet', image, '/bin/env'], { env: { ...home.env, ...secret } });
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  expect(names.sort()).toEqual([
    'BASH_ENV',
    'GCONV_PATH',
    'HOME',
    'HOSTNAME',
    'LD_LIBRARY_PATH',
    'LD_PRELOAD',
    'NODE_OPTIONS',
    'NODE_PATH',
    'PATH',
    'TSRUN_STORE',
  ]);
  for (const value of Object.values(secret)) expect(stdout).not.toContain(`=${value}\n`);
});

/** The monitor: the child of the command whose name it is. */
function monitorOf(running: Running): string {
  const found = readdirSync('/proc').find((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/stat`, 'latin1').includes(`(tsrun:monitor) `) && parentOf(pid) === running.pid;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error('the container has no monitor');
  return found;
}

const parentOf = (pid: string): number =>
  Number(
    readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) . /s, '')
      .split(' ')[0],
  );

/** Behind the three standard ones. One that is closed meanwhile is left out. */
const openOf = (pid: string): readonly string[] =>
  readdirSync(`/proc/${pid}/fd`)
    .filter((fd) => Number(fd) > 2)
    .flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    })
    .map((link) => link.replace(home.path, '').replace(/\[\d+\]|[0-9a-f]{64}/, ''));

test('the monitor has an empty environment, works in / and holds a channel, its locks and the container, nothing else', async () => {
  const running = startTsrun(['run', '--rm', '--quiet', '-i', image, 'sh', '-c', 'echo up; cat'], {
    env: { ...home.env, ...secret },
  });
  await running.until('up');
  const monitor = monitorOf(running);
  expect(readFileSync(`/proc/${monitor}/environ`, 'latin1')).toBe('');
  expect(readlinkSync(`/proc/${monitor}/cwd`)).toBe('/');
  let open = openOf(monitor);
  // PID 1 may print while the monitor still reads since when there is such a process, to write it down.
  while (open.some((link) => /^\/proc\/\d+\/stat$/.test(link))) open = openOf(monitor);
  for (const link of open)
    expect(link).toMatch(
      /^(socket:|anon_inode:\[(pidfd|signalfd)\]|pidfd:|anon_inode:|\/store\/.*lock.*|\/store\/.*)$/,
    );
  // Close-on-exec, all: what the monitor starts (newuidmap) inherits none.
  for (const fd of readdirSync(`/proc/${monitor}/fdinfo`).filter((name) => Number(name) > 2)) {
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${monitor}/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
    expect(Number.parseInt(flags, 8) & 0o2000000).toBe(0o2000000);
  }
  running.end();
  expect((await running.outcome).exitCode).toBe(0);
});

test('what the host runs lies on the host', () => expect(existsSync(mark)).toBe(false));

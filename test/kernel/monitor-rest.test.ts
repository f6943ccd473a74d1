/** The monitor of a container that has been quiet for a while: it has let go of its start, and does all it did before. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { fixture, repository } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { Running, startProgramOnTerminal } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');

/** An installation that belongs to who runs the tests: an ordinary user could write to this one. */
const own = join(home.path, 'installed');
beforeAll(() => {
  mkdirSync(join(own, 'build'), { recursive: true });
  for (const name of ['bin', 'dist', 'package.json', 'binding.gyp']) {
    cpSync(join(repository, name), join(own, name), { recursive: true });
  }
  mkdirSync(join(own, 'build', 'Release'));
  for (const name of ['tsrun-init', 'tsrun.node']) {
    cpSync(join(repository, 'build', 'Release', name), join(own, 'build', 'Release', name));
  }
});

const start = (installation: string, ...args: readonly string[]): Running =>
  new Running(
    spawn(join(installation, 'bin', 'tsrun'), ['run', '--rm', '-q', ...args], { env: { ...process.env, ...home.env } }),
  );

/** The child of a command that is called a monitor: the only one it has. */
function monitorOf(running: Running): number {
  for (const task of readdirSync(`/proc/${running.pid}/task`)) {
    const pid = Number(readFileSync(`/proc/${running.pid}/task/${task}/children`, 'latin1').split(' ')[0]);
    if (pid > 0) return pid;
  }
  throw new Error('the command has no child');
}

async function rested(running: Running): Promise<number> {
  const monitor = monitorOf(running);
  while (!readFileSync(`/proc/${monitor}/cmdline`, 'latin1').includes('\0rest\0')) await after(20);
  return monitor;
}

const waiting = ['sh', '-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'];

describe.each([
  ['this checkout', repository],
  ['an installation of one’s own', own],
])('of %s', (_, installation) => {
  test('forwards signals, tells the status, and the container is removed', async () => {
    const running = start(installation, busybox, ...waiting);
    await running.until('ready');
    await rested(running);
    running.signal('SIGTERM');
    expect((await running.outcome).exitCode).toBe(7);
    expect(readdirSync(join(home.store, 'containers'))).toEqual([]);
  });

  test('ends the container when the command is killed', async () => {
    const running = start(installation, busybox, ...waiting);
    await running.until('ready');
    const monitor = await rested(running);
    const inside = readFileSync(`/proc/${monitor}/task/${monitor}/children`, 'latin1').trim();
    running.signal('SIGKILL');
    await running.outcome;
    while (existsSync(`/proc/${monitor}`)) await after(10);
    expect(existsSync(`/proc/${inside}`)).toBe(false);
  });

  test('keeps a quarter of a MiB to itself, the lock, and no copy of the program', async () => {
    const running = start(installation, busybox, ...waiting);
    await running.until('ready');
    const monitor = await rested(running);
    const field = (name: string, text: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]);
    // Without it the next command would take the container for dead and remove it.
    expect(filesOf(monitor)).toContainEqual(expect.stringMatching(/\/containers\/[0-9a-f]{64}\/lock$/));
    const memory = readFileSync(`/proc/${monitor}/smaps_rollup`, 'utf8');
    expect(field('Private_Dirty', memory)).toBeLessThan(256);
    expect(readFileSync(`/proc/${monitor}/maps`, 'utf8')).not.toContain('memfd:tsrun-init');
    running.signal('SIGTERM');
    await running.outcome;
  });

  test('is not to be opened by a container that sees the processes of the host', async () => {
    const running = start(
      installation,
      '-i',
      '--pid',
      'host',
      busybox,
      'sh',
      '-c',
      'echo ready; read monitor; cat /proc/$monitor/exe | wc -c; cat /proc/$monitor/comm',
    );
    await running.until('ready');
    running.write(`${await rested(running)}\n`);
    expect((await running.outcome).stdout).toBe('ready\n0\ntsrun:monitor\n');
  });
});

// Root has a read-only mount of the program instead. A monitor that relays a terminal does not rest, so this one stays as it was.
requires('rootless', 'terminal')(
  'what becomes PID 1 in the container is no file that its user could write',
  async () => {
    const running = startProgramOnTerminal(
      [join(own, 'bin', 'tsrun'), 'run', '--rm', '-t', '-q', busybox, ...waiting],
      { env: home.env },
    );
    await running.until('ready');
    const monitors = readdirSync('/proc').filter(isMonitorOfThisStore);
    expect(monitors.map((pid) => readlinkSync(`/proc/${pid}/exe`))).toEqual(['/memfd:tsrun-init (deleted)']);
    process.kill(Number(monitors[0]), 'SIGKILL');
    await running.outcome;
  },
);

const filesOf = (pid: string | number): readonly string[] =>
  readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));

function isMonitorOfThisStore(pid: string): boolean {
  try {
    if (!readFileSync(`/proc/${pid}/comm`, 'latin1').startsWith('tsrun:monitor')) return false;
    return filesOf(pid).some((file) => file.startsWith(home.store));
  } catch {
    // No process, gone meanwhile, or somebody else's.
    return false;
  }
}

/** What flows through a container's terminal when a side does not read, or the job is not in the foreground. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { fixture, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal, startProgramOnTerminal, tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires('terminal');
const busybox = fixture('busybox.tar');
const env = { ...process.env, ...home.env };

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number);
const nameOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'latin1').trim();

/** Monitor and PID 1 of a running command. */
function processesOf(command: number): { readonly monitor: number; readonly first: number } {
  const monitor = childrenOf(command).find((pid) => nameOf(pid) === 'tsrun:monitor') ?? -1;
  return { monitor, first: childrenOf(monitor)[0] ?? -1 };
}

/** Waits until processes of somebody's are gone, or zombies that nobody here could reap. */
async function untilGone(...pids: readonly number[]): Promise<void> {
  const lives = (pid: number): boolean => {
    try {
      return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    } catch {
      return false;
    }
  };
  while (pids.some(lives)) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function untilStopped(pid: number): Promise<void> {
  while (!/^\d+ \(.*\) T/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Until something is in the channel that the monitor has with its command. */
async function untilSpokenTo(monitor: number): Promise<void> {
  const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${monitor}/fd/3`)) ?? [];
  const waits = new RegExp(`^\\S+\\s+\\S+\\s+[1-9]\\d*\\s+\\d+\\s+\\*\\s+${inode}\\s`, 'm');
  while (!waits.test(spawnSync('ss', ['-xa'], { encoding: 'utf8' }).stdout)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Returns once a pipe takes nothing more. */
function untilFull(pipe: number): void {
  const program = [
    'import os, select, time',
    'pipe = os.open("/proc/self/fd/0", os.O_WRONLY | os.O_NONBLOCK)',
    'while select.select([], [pipe], [], 0)[1]: time.sleep(0.01)',
  ].join('\n');
  const waited = spawnSync('python3', ['-c', program], { stdio: [pipe, 'inherit', 'inherit'], timeout: 150_000 });
  if (waited.status !== 0) throw new Error('python3 could not wait for the pipe');
}

/** tsrun run -t --init (signals end what has no handler) with an output that nobody reads; the descriptor is ours to read it, or not. */
async function startUnread(...command: readonly string[]) {
  const fifo = join(home.path, `output-${Math.random().toString(36).slice(2)}`);
  spawnSync('mkfifo', [fifo]);
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(fifo, 'w');
  const child = spawn(tsrunPath, ['run', '--rm', '-q', '-t', '--init', busybox, ...command], {
    env,
    stdio: ['ignore', writer, 'inherit'],
  });
  closeSync(writer);
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, pid: child.pid ?? -1, reader, exit };
}

async function readAll(fd: number): Promise<string> {
  const chunks: Buffer[] = [];
  const buffer = Buffer.alloc(65_536);
  for (;;) {
    try {
      const size = readSync(fd, buffer);
      if (size === 0) return Buffer.concat(chunks).toString();
      chunks.push(Buffer.from(buffer.subarray(0, size)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

describe('an output that nobody reads', () => {
  test('does not keep a container alive after kill -9 of its command', async () => {
    const running = await startUnread('yes');
    untilFull(running.reader);
    const { monitor, first } = processesOf(running.pid);
    running.child.kill('SIGKILL');
    await running.exit;
    await untilGone(monitor, first);
    closeSync(running.reader);
    expect((await tsrun(['run', '--rm', '-q', busybox, 'true'], { env: home.env })).exitCode).toBe(0);
  });

  test('does not keep signals from the container, and comes whole to who reads it at last', async () => {
    const running = await startUnread('seq', '1', '10000000');
    untilFull(running.reader);
    const { first } = processesOf(running.pid);
    running.child.kill('SIGTERM');
    await untilGone(first);
    const lines = (await readAll(running.reader)).split('\r\n');
    expect(await running.exit).toBe(143);
    closeSync(running.reader);
    const last = lines.pop();
    expect(lines).toEqual(lines.map((_, n) => `${n + 1}`));
    expect(`${lines.length + 1}`.startsWith(last ?? '?')).toBe(true);
  });

  requires('terminal', 'program-ss')(
    'is given up by a signal that comes before the monitor has seen that PID 1 is dead',
    async () => {
      const running = await startUnread('yes');
      untilFull(running.reader);
      const { monitor, first } = processesOf(running.pid);
      process.kill(monitor, 'SIGSTOP');
      await untilStopped(monitor);
      process.kill(first, 'SIGKILL');
      await untilGone(first);
      running.child.kill('SIGTERM');
      await untilSpokenTo(monitor);
      process.kill(monitor, 'SIGCONT');
      expect(await running.exit).toBe(137);
      closeSync(running.reader);
    },
  );

  test('is given up by a second signal', async () => {
    const running = await startUnread('yes');
    untilFull(running.reader);
    const { first } = processesOf(running.pid);
    running.child.kill('SIGTERM');
    await untilGone(first);
    running.child.kill('SIGTERM');
    expect(await running.exit).toBe(143);
    closeSync(running.reader);
  });
});

/** Its output is a terminal that nobody reads, which says that there is room as long as there is any. Resolves when there is none. */
async function startUnreadTerminal(...command: readonly string[]) {
  const program = [
    'import os, pty, select, subprocess, sys, time',
    'master, slave = pty.openpty()',
    'child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=slave)',
    'while select.select([], [slave], [], 0)[1]: time.sleep(0.01)',
    'print(child.pid, flush=True)',
    'sys.stdin.read()',
    'os.close(slave); os.close(master)',
  ].join('\n');
  const argv = ['-c', program, tsrunPath, 'run', '--rm', '-q', '-t', '--init', busybox, ...command];
  const keeper = spawn('python3', argv, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve) => keeper.stdout.once('data', (text) => resolve(Number(text))));
  return { keeper, pid };
}

test('a terminal that nobody reads does not keep a container alive after kill -9 of its command', async () => {
  const { keeper, pid } = await startUnreadTerminal('yes', 'x'.repeat(500));
  const { monitor, first } = processesOf(pid);
  process.kill(pid, 'SIGKILL');
  await untilGone(monitor, first);
  keeper.stdin.end();
});

test('an output that is read slowly arrives byte by byte', async () => {
  const running = await startUnread('seq', '1', '60000');
  untilFull(running.reader);
  const expected = Array.from({ length: 60_000 }, (_, n) => `${n + 1}\r\n`).join('');
  expect(await readAll(running.reader)).toBe(expected);
  expect(await running.exit).toBe(0);
  closeSync(running.reader);
});

describe('an input that nobody reads', () => {
  const typed = 'x'.repeat(20_000);
  const start = async () => {
    const script = 'trap "echo heard" USR1; stty raw; echo ready; while :; do sleep 0.05; done';
    const running = startOnTerminal(['run', '--rm', '-q', '-it', '--stop-timeout=1', busybox, 'sh', '-c', script], {
      env: home.env,
    });
    await running.until('ready');
    running.write(typed);
    // As much as the console takes: its echo.
    await running.until(/x{4000}/);
    const command = childrenOf(running.pid)[0] ?? -1;
    return { running, command, ...processesOf(command) };
  };

  test('does not keep signals from the container', async () => {
    const { running, command, first, monitor } = await start();
    process.kill(command, 'SIGUSR1');
    await running.until('heard');
    process.kill(first, 'SIGKILL');
    expect((await running.outcome).exitCode).toBe(137);
    await untilGone(monitor);
  });

  test('does not keep a container alive after kill -9 of its command', async () => {
    const { running, command, monitor, first } = await start();
    process.kill(command, 'SIGKILL');
    await running.outcome;
    await untilGone(monitor, first);
  });

  test('nor after its terminal is gone', async () => {
    const { running, monitor, first } = await start();
    running.hangUp();
    await running.outcome;
    await untilGone(monitor, first);
  });
});

describe('a job in the background', () => {
  const shell = async () => {
    const running = startProgramOnTerminal(['bash', '--norc', '-i'], { env: home.env });
    await running.until(/[#$] /);
    return running;
  };

  test('stops instead of taking the terminal, and takes it after fg', async () => {
    const running = await shell();
    running.write(`'${tsrunPath}' run --rm -q -it '${busybox}' sh -c 'read line; echo "got $line"; exit 3' &\n`);
    await running.until(/\[1\] \d+/);
    const job = childrenOf(childrenOf(running.pid)[0] ?? -1)[0] ?? -1;
    await untilStopped(job);
    running.write('echo still $((40 + 2))\n');
    // Not before: what is typed while the shell changes the terminal's mode is lost.
    await running.until(/still 42\r\n[\s\S]*[#$] /);
    running.write('fg\n');
    await running.until(/fg\r\n[\s\S]*exit 3/);
    running.write('typed\n');
    await running.until(/got typed[\s\S]*[#$] /);
    running.write('exit $?\n');
    expect((await running.outcome).exitCode).toBe(3);
  });

  test('that was stopped with SIGSTOP reads again after fg', async () => {
    const running = await shell();
    running.write(`'${tsrunPath}' run --rm -q -it '${busybox}' sh -c 'echo st""arted; exec cat'\n`);
    await running.until('started');
    const job = childrenOf(childrenOf(running.pid)[0] ?? -1)[0] ?? -1;
    process.kill(job, 'SIGSTOP');
    await running.until(/Stopped[\s\S]*[#$] /);
    running.write('echo still $((40 + 2))\n');
    // Not before: what is typed while the shell changes the terminal's mode is lost.
    await running.until(/still 42\r\n[\s\S]*[#$] /);
    running.write('fg\n');
    await running.until(/fg\r\n[\s\S]*exec cat/);
    running.write('second\n');
    await running.until(/second\r\nsecond\r\n/);
    running.write('\x04');
    await running.until(/second\r\nsecond\r\n[\s\S]*[#$] /);
    running.write('exit $?\n');
    expect((await running.outcome).exitCode).toBe(0);
  });
});

/**
 * A container that keeps the lock of its output's pipe. Reading it would put the reader to sleep beyond SIGKILL: the event
 * loop of a test runner, with all its time limits.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect } from 'vitest';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { type Running, startTsrun } from '../support/tsrun.ts';
import { hostileImage, program } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const image = hostileImage(home, 'hold', { layers: [[program(home, 'hold-pipe')]] });

/** Fails at last, and frees who is stuck: the end of the monitor ends the container, and that the lock. */
async function inTime<T>(running: Running, awaited: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      for (const pid of childrenOf(running.pid)) process.kill(pid, 'SIGKILL');
      reject(new Error('tsrun sleeps in the pipe of its container'));
    }, 150_000);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    clearTimeout(timer);
  }
}

const childrenOf = (parent: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/stat`, 'latin1')
          .replace(/^.*\) . /s, '')
          .startsWith(`${parent} `);
      } catch {
        return false;
      }
    })
    .map(Number);

describe('while the container holds the pipe of its standard output', () => {
  test('signals still reach it', async () => {
    const running = startTsrun(['run', '--rm', '--quiet', image, 'hold-pipe'], { env: home.env });
    await inTime(running, running.until('held'));
    running.signal('SIGTERM');
    expect(await inTime(running, running.outcome)).toMatchObject({ exitCode: 5, stdout: 'line\n' });
  });

  test('kill -9 of tsrun ends tsrun and the container', async () => {
    const running = startTsrun(['run', '--rm', '--quiet', image, 'hold-pipe'], { env: home.env });
    await inTime(running, running.until('held'));
    const [monitor] = childrenOf(running.pid);
    running.signal('SIGKILL');
    expect(await inTime(running, running.outcome)).toMatchObject({ signal: 'SIGKILL' });
    expect(monitor).toBeDefined();
  });
});

test('a command that copies its input shows what it said before', async () => {
  // busybox's cat uses sendfile(2).
  for (let i = 0; i < 5; i++) {
    const running = startTsrun(['run', '--rm', '--quiet', '-i', image, 'sh', '-c', 'echo up; cat'], { env: home.env });
    await inTime(running, running.until('up'));
    running.end('typed\n');
    expect((await inTime(running, running.outcome)).stdout).toBe('up\ntyped\n');
  }
});

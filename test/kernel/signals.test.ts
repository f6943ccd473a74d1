import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { untilNobodyIn } from '../support/store-processes.ts';
import { startTsrun, tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const start = (script: string, ...flags: readonly string[]) =>
  startTsrun(['run', '--rm', ...flags, busybox, 'sh', '-c', script], { env: home.env });
const loop = 'echo ready; while :; do sleep 0.05; done';
const containers = () => readdirSync(join(home.store, 'containers'));

/** State letter of a process, proc_pid_stat(5). */
const stateOf = (pid: number): string =>
  / \((?:.*)\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '?';

/** A zombie is gone too: whoever adopted it reaps it when it likes. */
const isGone = (pid: number): boolean => !existsSync(`/proc/${pid}`) || stateOf(pid) === 'Z';

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('signals', () => {
  test('are forwarded to PID 1', async () => {
    for (const [name, number] of [
      ['TERM', 15],
      ['INT', 2],
      ['HUP', 1],
      ['USR1', 10],
      ['USR2', 12],
      ['QUIT', 3],
      ['PWR', 30],
      ['XCPU', 24],
      ['ABRT', 6],
      ['PROF', 27],
      ['CONT', 18],
      ['WINCH', 28],
    ] as const) {
      const running = start(`trap "exit ${number}" ${name}; ${loop}`);
      await running.until('ready');
      running.signal(`SIG${name}`);
      expect((await running.outcome).exitCode).toBe(number);
    }
  });

  test('without a name, of the real-time range, are forwarded as often as they come', async () => {
    const running = start(`trap 'n=x$n; echo got $n' 40; trap 'exit 64' 64; ${loop}`);
    await running.until('ready');
    // Node knows no names for these.
    for (const seen of ['got x\n', 'got xx\n', 'got xxx\n']) {
      process.kill(running.pid, 40);
      await running.until(seen);
    }
    process.kill(running.pid, 64);
    expect((await running.outcome).exitCode).toBe(64);
  });

  test('without --sig-proxy a real-time signal ends the command', async () => {
    const running = start(`trap "echo caught" 40; ${loop}`, '--sig-proxy=false');
    await running.until('ready');
    process.kill(running.pid, 40);
    // Node has no name for how it ended, and no status either.
    expect((await running.outcome).stdout).toBe('ready\n');
    await untilNobodyIn(home.store);
    await tsrun(['run', '--rm', busybox, 'true'], { env: home.env });
    expect(containers()).toEqual([]);
  });

  test('an ignored Ctrl-C is announced the second time and kills the third', async () => {
    const running = start(`trap "echo caught" INT; ${loop}`);
    await running.until('ready');
    running.signal('SIGINT');
    await running.until('caught');
    running.signal('SIGINT');
    await running.until('Ctrl-C once more');
    running.signal('SIGINT');
    expect((await running.outcome).exitCode).toBe(137);
    expect(containers()).toEqual([]);
  });

  test('Ctrl-Z stops the container with the command, and both go on', async () => {
    const running = start(`trap "exit 9" TERM; ${loop}`);
    await running.until('ready');
    running.signal('SIGTSTP');
    await untilTrue(() => stateOf(running.pid) === 'T');
    running.signal('SIGCONT');
    running.signal('SIGTERM');
    expect((await running.outcome).exitCode).toBe(9);
  });

  test('without --sig-proxy the command ends, and the container with it', async () => {
    const running = start(`trap "echo caught" TERM; ${loop}`, '--sig-proxy=false');
    await running.until('ready');
    running.signal('SIGTERM');
    expect((await running.outcome).signal).toBe('SIGTERM');
    await untilNobodyIn(home.store);
    await tsrun(['run', '--rm', busybox, 'true'], { env: home.env });
    expect(containers()).toEqual([]);
  });
});

describe('kill -9', () => {
  test('of the command ends the container; the next command removes what is left', async () => {
    const running = start('echo ready; sleep 1000');
    await running.until('ready');
    const [id] = containers();
    running.signal('SIGKILL');
    await running.outcome;
    // The monitor hears of it in its own time.
    await untilNobodyIn(home.store);
    const { exitCode } = await tsrun(['run', '--rm', busybox, 'true'], { env: home.env });
    expect(exitCode).toBe(0);
    expect(existsSync(join(home.store, 'containers', id ?? ''))).toBe(false);
  });

  test('of the monitor ends the container, and the command says so', async () => {
    const running = start('echo ready; sleep 1000');
    await running.until('ready');
    const children = readFileSync(`/proc/${running.pid}/task/${running.pid}/children`, 'latin1').trim().split(' ');
    const monitor = children
      .map(Number)
      .find((pid) => readFileSync(`/proc/${pid}/comm`, 'latin1') === 'tsrun:monitor\n');
    process.kill(monitor ?? -1, 'SIGKILL');
    const { exitCode, stderr } = await running.outcome;
    expect(exitCode).toBe(125);
    expect(stderr).toContain('lost the monitor');
    expect(containers()).toEqual([]);
  });

  test('of the monitor ends what PID 1 has started, without a pid namespace too', async () => {
    const running = start('sleep 1000 & setsid sleep 1000 & echo "ready $$ $!"; wait', '--pid', 'host', '-q');
    await running.until(/ready \d+ \d+\n/);
    const first = Number(/ready (\d+)/.exec(running.output)?.[1]);
    const monitor = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${first}/status`, 'latin1'))?.[1]);
    const children = readFileSync(`/proc/${first}/task/${first}/children`, 'latin1').trim().split(' ').map(Number);
    expect(children).toHaveLength(2);
    process.kill(monitor, 'SIGKILL');
    expect((await running.outcome).stderr).toContain('took the container along');
    await untilTrue(() => [first, ...children].every(isGone));
  });

  // An ordinary user's container without a limit has no control group.
  requires('rootless')('of both leaves no process to the next command, without a pid namespace too', async () => {
    const running = start('sleep 1000 & setsid sleep 1000 & echo "ready $$ $!"; wait', '--pid', 'host', '-q');
    await running.until(/ready \d+ \d+\n/);
    const first = Number(/ready (\d+)/.exec(running.output)?.[1]);
    const monitor = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${first}/status`, 'latin1'))?.[1]);
    const children = readFileSync(`/proc/${first}/task/${first}/children`, 'latin1').trim().split(' ').map(Number);
    expect(children).toHaveLength(2);
    running.signal('SIGSTOP');
    process.kill(monitor, 'SIGKILL');
    running.signal('SIGKILL');
    await running.outcome;
    expect(children.filter((pid) => existsSync(`/proc/${pid}`))).toEqual(children);
    await tsrun(['run', '--rm', '-q', busybox, 'true'], { env: home.env });
    // Killed; on a busy machine dead a moment later.
    await untilTrue(() => children.every(isGone));
  });
});

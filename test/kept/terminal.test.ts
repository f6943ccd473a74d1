/** A person at a terminal: full-screen programs, sizes, and coming back. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { type RunningOnTerminal, startOnTerminal } from '../support/tsrun.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

const size = { rows: 50, columns: 200 };

describe('a full-screen program', () => {
  test('in exec -it fills the terminal, takes keys, and follows its size', async () => {
    await kept.detached('pager', 'seq 1 500 > /text; echo ready; exec sleep 1000');
    await kept.untilLogged('pager', 'ready');
    // Not busybox's vi, which draws within its signal handler: on a busy machine it stood still here for ever.
    const less = startOnTerminal(['exec', '-it', 'pager', 'less', '/text'], { env: kept.home.env, ...size });
    // A line for each row, and one for its status.
    await less.until('\x1b[K49\r\n');
    expect(less.output).not.toContain('\x1b[K50\r\n');
    less.resize(60, 120);
    await less.until('\x1b[K59\r\n');
    less.write('G');
    await less.until('\x1b[K500\r\n');
    less.write('q');
    expect((await less.outcome).exitCode).toBe(0);
    await kept.text('rm', '-f', 'pager');
  });

  test('is left with the detach keys and told of the size of who attaches, to draw itself anew', async () => {
    const { env } = kept.home;
    const script = 'trap "stty size" WINCH; trap "exit 0" INT; echo up; while :; do sleep 0.05; done';
    const first = startOnTerminal(['run', '-it', '--name', 'left', busybox, 'sh', '-c', script], {
      env,
      rows: 30,
      columns: 90,
    });
    await first.until('up');
    first.write('\x10\x11');
    expect((await first.outcome).exitCode).toBe(0);
    const second = startOnTerminal(['attach', 'left'], { env, ...size });
    await second.until('50 200');
    second.write('\x03');
    expect((await second.outcome).exitCode).toBe(0);
    await kept.text('rm', 'left');
  });

  test('that two look at is shown to both, and either may type', async () => {
    const { env } = kept.home;
    await kept.text('run', '-dqit', '--name', 'both', busybox, 'sh');
    const one = startOnTerminal(['attach', 'both'], { env, ...size });
    const other = startOnTerminal(['attach', 'both'], { env, ...size });
    await kept.untilAttached('both', 2);
    one.write('echo fr""om one\n');
    await Promise.all([one.until('from one'), other.until('from one')]);
    other.write('echo fr""om other; exit 3\n');
    const ends = await Promise.all([one.outcome, other.outcome]);
    for (const { stdout, exitCode } of ends) {
      expect(stdout).toContain('from other');
      expect(exitCode).toBe(3);
    }
    await kept.text('rm', 'both');
  });
});

describe('Ctrl-C', () => {
  test('in exec -it is the command’s, and the container lives on', async () => {
    await kept.detached('spared', 'exec sleep 1000');
    const shell = startOnTerminal(
      ['exec', '-it', 'spared', 'sh', '-c', 'trap "echo caught; exit 9" INT; echo on; while :; do sleep 0.05; done'],
      { env: kept.home.env },
    );
    await shell.until('on');
    shell.write('\x03');
    const { stdout, exitCode } = await shell.outcome;
    expect(stdout).toContain('caught');
    expect(exitCode).toBe(9);
    expect(await kept.inspect('spared', '{{.State.Status}}')).toBe('running');
    await kept.text('rm', '-f', 'spared');
  });

  test('in attach to a terminal is typed', async () => {
    await kept.text(
      'run',
      '-dqit',
      '--name',
      'typed',
      busybox,
      'sh',
      '-c',
      'trap "echo caught; exit 9" INT; echo on; while :; do sleep 0.05; done',
    );
    await kept.untilLogged('typed', 'on');
    // Even while the monitor has not answered yet.
    const monitor = kept.monitorOf(await kept.inspect('typed', '{{.Id}}'));
    process.kill(monitor, 'SIGSTOP');
    const attached = startOnTerminal(['attach', 'typed'], { env: kept.home.env });
    try {
      await untilRaw(attached);
      attached.write('\x03');
    } finally {
      process.kill(monitor, 'SIGCONT');
    }
    expect((await attached.outcome).exitCode).toBe(9);
    await kept.text('rm', 'typed');
  });
});

/** Resolves when the keys of its terminal are bytes, and no signals. */
async function untilRaw({ pid }: RunningOnTerminal): Promise<void> {
  for (;;) {
    const [command] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    const { stdout } = spawnSync('stty', ['-a', '-F', `/proc/${command}/fd/0`], { encoding: 'utf8' });
    if (stdout.includes('-isig')) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

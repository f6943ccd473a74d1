/** kill -9 of a command or a monitor at random moments: the container runs and obeys, or it is dead and said to be. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { isLocked } from '../../src/container/container-directory.ts';
import { tsrunPath } from '../support/fixture.ts';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

vi.setConfig({ testTimeout: 600_000 });
let kept: KeptHome;
beforeAll(async () => {
  kept = new KeptHome();
  await kept.text('run', '--rm', '-q', busybox, 'true');
});
afterAll(() => kept.dispose());
const test = requires();

/** The short form of a storm; CONTRIBUTING.md says how to run a long one. */
const rounds = Number(process.env['TSRUN_TESTS_KILLS'] ?? '200') / 10;
let seed = 20_260_404;
const random = (): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return seed / 0x7fff_ffff;
};

async function runAndKill(args: readonly string[], milliseconds: number): Promise<void> {
  const child = spawn(tsrunPath, args, { env: { ...process.env, ...kept.home.env }, stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('close', resolve));
  await Promise.race([after(milliseconds), gone]);
  child.kill('SIGKILL');
  await gone;
}

/** Those that the container has by its record, and what the command is about to make one. */
function monitorsOf(command: number, id: string): readonly number[] {
  try {
    return [...monitorsBelow(command), kept.monitorOf(id)];
  } catch {
    return monitorsBelow(command);
  }
}

/** Whether it was there. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** Monitors that this command has started: its children, until it ends. */
function monitorsBelow(command: number): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        // Behind the name, which may have blanks and brackets: the state, and the parent.
        const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
        return Number(parent) === command && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0monitor\0');
      } catch {
        // Not a process, or not any more.
        return false;
      }
    });
}

/** Resolves when each container runs or is dead: none is being started any more, with a command or after its death. */
async function untilDecided(): Promise<void> {
  const path = (id: string): string => join(kept.home.store, 'containers', id);
  const starts = (id: string): boolean => isLocked(path(id)) && !existsSync(join(path(id), 'running'));
  while (kept.entries('containers').some(starts)) await new Promise((resolve) => setImmediate(resolve));
}

describe('kill -9', () => {
  test(`of ${rounds} run -d at random moments: each container runs, or there is none`, async () => {
    const begin = performance.now();
    await kept.text('run', '-dq', '--name', 'measure', busybox, 'sleep', '1000');
    const usual = performance.now() - begin;
    for (let i = 0; i < rounds; i++) {
      await runAndKill(['run', '-dq', '--name', `storm${i}`, busybox, 'sleep', '1000'], random() * usual * 1.2);
    }
    await untilDecided();
    // Sweeps what was never finished.
    const running = (await kept.text('ps', '--format', '{{.Names}}')).split('\n');
    const all = (await kept.text('ps', '-a', '--format', '{{.Names}}')).split('\n');
    expect(all).toEqual(running);
    expect(kept.entries('containers').length).toBe(running.length);
    expect(kept.entries('container-names').toSorted()).toEqual(running.toSorted());
    for (const name of running) expect(await kept.text('exec', name, 'echo', 'alive')).toBe('alive');
    await kept.text('rm', '-f', ...running);
    expect(kept.entries('containers')).toEqual([]);
  });

  test('of the monitor takes the container along, and is recorded', async () => {
    const id = await kept.detached('orphan', 'sleep 1000 & echo ready; sleep 1000');
    await kept.untilLogged('orphan', 'ready');
    const pid = await kept.inspect('orphan', '{{.State.Pid}}');
    process.kill(kept.monitorOf(id), 'SIGKILL');
    expect(await kept.text('wait', 'orphan')).toBe('255');
    // Whoever is the new parent reaps it at once or a little later.
    while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setImmediate(resolve));
    expect(await kept.text('ps', '-a', '--format', '{{.Status}}', '--filter', 'name=orphan')).toMatch(/^Monitor lost/);
    // What it is good for again.
    await kept.text('start', 'orphan');
    expect(await kept.text('exec', 'orphan', 'echo', 'alive')).toBe('alive');
    await kept.text('rm', '-f', 'orphan');
  });

  test(`of ${rounds} monitors at random moments: the command says so, and the container obeys again`, async () => {
    const program = 'sleep 1000 & exec sleep 1000';
    const id = await kept.text('create', '-q', '--name', 'struck', busybox, 'sh', '-c', program);
    const verbs = [['start'], ['restart', '-t', '0'], ['exec', 'struck', 'sleep', '0.1'], ['stop', '-t', '0']];
    let struck = 0;
    for (let i = 0; i < rounds; i++) {
      const verb = verbs[i % verbs.length] ?? [];
      const command = kept.start(...(verb.includes('struck') ? verb : [...verb, 'struck']));
      await Promise.race([after(random() * 300), command.outcome]);
      for (const monitor of monitorsOf(command.pid, id)) {
        if (kill(monitor)) struck++;
      }
      // No command waits for ever, and none that was left without a monitor ends without a word.
      const { exitCode, stderr } = await command.outcome;
      // What exec ran died with its container: that is a status.
      if (exitCode !== 0 && exitCode !== 137) expect(stderr, `${verb.join(' ')} gave ${exitCode}`).not.toBe('');
    }
    expect(struck).toBeGreaterThan(rounds / 4);
    await kept.text('start', 'struck');
    expect(await kept.text('exec', 'struck', 'echo', 'alive')).toBe('alive');
    // What earlier lives had started went with them.
    expect(await kept.text('top', 'struck')).toMatch(/^HOST PID.*(\n.*sleep 1000){2}$/);
    await kept.text('rm', '-f', 'struck');
    expect(kept.entries('containers')).toEqual([]);
  });

  test('of an exec client ends its command and not the container', async () => {
    await kept.detached('target', 'sleep 1000');
    const exec = kept.start('exec', 'target', 'sh', '-c', 'echo in; exec sleep 77');
    await exec.until('in');
    exec.signal('SIGKILL');
    await exec.outcome;
    await kept.text('exec', 'target', 'sh', '-c', 'while ps | grep -q "[s]leep 77"; do sleep 0.02; done');
    await kept.text('rm', '-f', 'target');
  });

  test(`of ${rounds} attach, exec and logs clients at random moments does nothing to the container`, async () => {
    await kept.detached('watched', 'while :; do echo line; echo line >&2; sleep 0.001; done', '-i');
    const clients = [
      ['attach', 'watched'],
      ['exec', 'watched', 'yes'],
      ['logs', '-f', 'watched'],
    ];
    for (let i = 0; i < rounds; i++) await runAndKill(clients[i % 3] ?? [], random() * 400);
    // Nobody's place is taken any more, and the container has gone on printing.
    const again = kept.start('attach', '--no-stdin', 'watched');
    await again.until('line');
    again.signal('SIGKILL');
    await again.outcome;
    await kept.text('exec', 'watched', 'sh', '-c', 'while ps | grep -q "[y]es"; do sleep 0.02; done');
    await kept.text('rm', '-f', 'watched');
  });

  test(`of ${rounds} run, and start -a, in the foreground: with the command its container, or with neither`, async () => {
    await kept.text('create', '-q', '--name', 'again', busybox, 'sleep', '1000');
    for (let i = 0; i < rounds; i++) {
      await runAndKill(['run', '-q', '--name', `front${i}`, busybox, 'sleep', '1000'], random() * 400);
      await runAndKill(['start', '-a', 'again'], random() * 400);
    }
    await untilDecided();
    // What had begun has ended, with its command; the other one may live on.
    const names = (await kept.text('ps', '-a', '--format', '{{.Names}}')).split('\n');
    for (const name of names.filter((name) => name !== 'again')) {
      expect(await kept.text('wait', name)).toBe('137');
    }
    expect(kept.entries('containers').length).toBe(names.length);
    await kept.text('rm', '-f', ...names);
    expect(kept.entries('containers')).toEqual([]);
  });

  test(`of ${rounds} stop, start and rm at random moments leaves containers that obey`, async () => {
    await kept.detached('victim', 'sleep 1000');
    const verbs = [['stop', '-t', '0'], ['start'], ['restart', '-t', '0']];
    for (let i = 0; i < rounds; i++) await runAndKill([...(verbs[i % 3] ?? []), 'victim'], random() * 300);
    await kept.text('start', 'victim');
    expect(await kept.text('exec', 'victim', 'echo', 'alive')).toBe('alive');
    await kept.text('rm', '-f', 'victim');
    expect(kept.entries('containers')).toEqual([]);
  });
});

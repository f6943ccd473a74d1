/** `--restart`: containers that are started again, with nobody of ours there in between but their monitor. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

const directory = (id: string): string => join(kept.home.store, 'containers', id);

/** Follows the events of a container until one fits, the given number of times. */
async function untilTold(name: string, action: string, times = 1): Promise<void> {
  const format = '{{.Action}}.';
  const following = kept.start('events', '--since', '0', '--filter', `container=${name}`, '--format', format);
  await following.until(new RegExp(`(^${action}\\.[^]*){${times}}`, 'm'));
  following.signal('SIGKILL');
  await following.outcome;
}

const state = (name: string): Promise<string> =>
  kept.inspect(name, '{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}');

/** Resolves when the status is this one: a file of the container's directory changes with it. */
async function untilState(name: string, wanted: RegExp): Promise<string> {
  for (;;) {
    const now = await state(name);
    if (wanted.test(now)) return now;
  }
}

/** Ends at once the first times, then lives. */
const flaky = (failures: number): string =>
  `echo run >> /count; [ $(wc -l < /count) -gt ${failures} ] || exit 7; echo up; sleep 1000`;
/** Ends at once, always. */
const broken = 'echo run >> /count; exit 7';

describe('--restart', () => {
  test('always: started again with the same files, and counted', async () => {
    await kept.detached('always', flaky(2), '--restart', 'always');
    await kept.untilLogged('always', 'up');
    expect(await state('always')).toBe('running 0 2');
    expect(await kept.text('exec', 'always', 'cat', '/count')).toBe('run\nrun\nrun');
    await kept.text('rm', '-f', 'always');
  });

  test('always: of a command that succeeds too', async () => {
    await kept.detached(
      'again',
      'echo run >> /count; [ $(wc -l < /count) -gt 1 ] || exit 0; echo up; sleep 1000',
      '--restart',
      'always',
    );
    await kept.untilLogged('again', 'up');
    await kept.text('rm', '-f', 'again');
  });

  test('on-failure:2 gives up after two, and says how it ended', async () => {
    await kept.detached('twice', broken, '--restart', 'on-failure:2');
    await untilTold('twice', 'die', 3);
    expect(await untilState('twice', /^exited/)).toBe('exited 7 2');
    expect(
      await kept.inspect('twice', '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}'),
    ).toBe('on-failure 2');
    await kept.text('rm', 'twice');
  });

  test('on-failure leaves one alone that succeeded', async () => {
    const id = await kept.detached('fine', 'exit 0', '--restart', 'on-failure');
    expect(await kept.text('wait', 'fine')).toBe('0');
    expect(await untilState('fine', /^exited/)).toBe('exited 0 0');
    expect(existsSync(join(directory(id), 'restarting'))).toBe(false);
    await kept.text('rm', 'fine');
  });

  test('unless-stopped: what stop ended stays so, and start begins anew', async () => {
    await kept.detached('kept', flaky(1), '--restart', 'unless-stopped');
    await kept.untilLogged('kept', 'up');
    await kept.text('stop', '-t', '0', 'kept');
    expect(await state('kept')).toBe('exited 137 1');
    await kept.text('start', 'kept');
    expect(await state('kept')).toMatch(/^running 0 0$/);
    await kept.text('rm', '-f', 'kept');
  });

  test('always: what kill ended stays so as well; what another signal ended does not', async () => {
    await kept.detached('shot', 'echo up; exec sleep 1000', '--restart', 'always', '--init');
    await kept.untilLogged('shot', 'up');
    const pid = await kept.inspect('shot', '{{.State.Pid}}');
    await kept.text('kill', '-s', 'USR1', 'shot');
    await untilTold('shot', 'start', 2);
    expect(await kept.inspect('shot', '{{.State.Pid}}')).not.toBe(pid);
    await kept.text('kill', 'shot');
    await kept.text('wait', 'shot');
    expect(await untilState('shot', /^exited/)).toBe('exited 137 1');
    await kept.text('rm', 'shot');
  });

  test('is changed by update, of a container that runs too', async () => {
    await kept.detached('changed', 'echo up; exec sleep 1000', '--init');
    await kept.untilLogged('changed', 'up');
    await kept.text('update', '--restart', 'on-failure:1', 'changed');
    expect(await kept.inspect('changed', '{{.HostConfig.RestartPolicy.Name}}')).toBe('on-failure');
    await kept.text('kill', '-s', 'USR1', 'changed');
    await untilTold('changed', 'start', 2);
    await kept.text('update', '--restart', 'no', 'changed');
    await kept.text('kill', '-s', 'USR1', 'changed');
    expect(await untilState('changed', /^exited/)).toMatch(/^exited \d+ 1$/);
    await kept.text('rm', 'changed');
  });

  test('with --rm is refused', async () => {
    const { stderr, exitCode } = await kept.run('run', '-d', '--rm', '--restart', 'always', busybox, 'true');
    expect(stderr).toContain('--restart and --rm contradict each other');
    expect(exitCode).toBe(125);
    expect((await kept.run('run', '-dq', '--rm', '--restart', 'no', '--name', 'no', busybox, 'true')).exitCode).toBe(0);
  });

  test('of a policy that there is not is refused', async () => {
    for (const policy of ['sometimes', 'always:3', 'on-failure:x'])
      expect((await kept.run('run', '-d', '--restart', policy, busybox, 'true')).exitCode).toBe(125);
  });

  test('gives up where it cannot be started any more, and inspect says why', async () => {
    const source = join(kept.home.path, 'source');
    writeFileSync(source, '');
    const name = 'lost-source';
    await kept.text(
      'create',
      '-q',
      '--name',
      name,
      '--restart',
      'always',
      '--mount',
      `type=bind,source=${source},target=/s`,
      busybox,
      'sleep',
      '0.3',
    );
    await kept.text('start', name);
    rmSync(source);
    await untilTold(name, 'die');
    await untilState(name, /^exited/);
    expect(await kept.inspect(name, '{{.State.Error}}')).toContain('source');
    await kept.text('rm', name);
  });
});

describe('between two starts', () => {
  /** As after many rounds: its next wait is the longest there is, a minute, and nothing here takes as long. */
  async function waiting(name: string): Promise<string> {
    const shared = join(kept.home.path, `shared-${name}`);
    rmSync(shared, { recursive: true, force: true });
    mkdirSync(shared);
    const script = `while [ ! -e /shared/go ]; do sleep 0.01; done; ${broken}`;
    const id = await kept.detached(name, script, '--restart', 'always', '-v', `${shared}:/shared`);
    const before = 'count 9\ndelay 60000\nmonitor 0\nmonitor-start-time 0\nboot none';
    writeFileSync(join(directory(id), 'restarting'), `tsrun-restarting 1\n${before}\nend\n`);
    writeFileSync(join(shared, 'go'), '');
    await untilState(name, /^restarting 7 10$/);
    return id;
  }

  test('it is shown so', async () => {
    await waiting('shown');
    expect(await kept.text('ps', '--format', '{{.Status}}|{{.State}}')).toMatch(/^Restarting \(7\) .*ago\|restarting$/);
    expect((await kept.run('rm', 'shown')).exitCode).toBe(1);
    expect((await kept.run('exec', 'shown', 'true')).exitCode).not.toBe(0);
    expect(await kept.text('wait', 'shown')).toBe('7');
    await kept.text('rm', '-f', 'shown');
  });

  test('stop ends the wait, and it is not started again', async () => {
    const id = await waiting('stopped');
    await kept.text('stop', 'stopped');
    expect(await state('stopped')).toBe('exited 7 10');
    const runs = readFileSync(join(directory(id), 'upper', 'count'), 'utf8');
    const told = await kept.text(
      'events',
      '--since',
      '1h',
      '--until',
      '0s',
      '--filter',
      'container=stopped',
      '--format',
      '{{.Action}}',
    );
    expect(told.split('\n').at(-1)).toBe('stop');
    expect(readFileSync(join(directory(id), 'upper', 'count'), 'utf8')).toBe(runs);
    await kept.text('rm', 'stopped');
  });

  test('kill does the same', async () => {
    await waiting('killed');
    await kept.text('kill', 'killed');
    expect(await untilState('killed', /^exited/)).toMatch(/^exited 7/);
    await kept.text('rm', 'killed');
  });

  test('rm -f and stop at once: it is gone', async () => {
    for (let round = 0; round < 3; round++) {
      await waiting('both');
      const [stop, remove] = await Promise.all([kept.run('stop', 'both'), kept.run('rm', '-f', 'both')]);
      expect(remove.exitCode).toBe(0);
      expect([0, 1]).toContain(stop.exitCode);
      expect(kept.entries('container-names')).not.toContain('both');
    }
  });

  test('kill -9 of the monitor leaves one that has ended, and obeys', async () => {
    const id = await waiting('orphan');
    const pid = Number(/^monitor (\d+)$/m.exec(readFileSync(join(directory(id), 'restarting'), 'utf8'))?.[1]);
    process.kill(pid, 'SIGKILL');
    expect(await untilState('orphan', /^exited/)).toMatch(/^exited 7/);
    await kept.text('start', 'orphan');
    await kept.text('rm', '-f', 'orphan');
  });
});

describe('start --all --restart-policy', () => {
  /** As after a reboot: nothing of what was running is there, and the boot id is another one. */
  async function crash(name: string, id: string): Promise<void> {
    const file = join(directory(id), 'running');
    const text = readFileSync(file, 'utf8');
    process.kill(Number(/^monitor (\d+)$/m.exec(text)?.[1]), 'SIGKILL');
    writeFileSync(file, text.replace(/^boot .*$/m, 'boot 00000000-0000-0000-0000-000000000000'));
    await untilState(name, /^exited 255/);
  }

  test('starts those again that a reboot took', async () => {
    const names = { always: 'always', unless: 'unless-stopped', none: 'no' } as const;
    for (const [name, policy] of Object.entries(names)) {
      const id = await kept.detached(name, 'sleep 1000', '--restart', policy);
      await crash(name, id);
    }
    const id = await kept.detached('ended', 'sleep 1000', '--restart', 'unless-stopped');
    expect(id).not.toBe('');
    await kept.text('stop', '-t', '0', 'ended');
    const all = ['start', '--all', '--restart-policy', 'always', '--restart-policy=unless-stopped'];
    expect(await kept.text(...all)).toBe('always\nunless');
    expect(await kept.text(...all)).toBe('');
    expect((await kept.text('ps', '--format', '{{.Names}}')).split('\n').toSorted()).toEqual(['always', 'unless']);
    expect((await kept.run('start', '--all', 'always')).exitCode).toBe(1);
    await kept.text('rm', '-f', 'always', 'unless', 'none', 'ended');
  });
});

describe('in the foreground', () => {
  test('the command ends with the first end, and the container goes on', async () => {
    const script = 'echo run >> /count; echo one; [ $(wc -l < /count) -gt 1 ] || exit 7; echo up; sleep 1000';
    const flags = ['--restart', 'on-failure', '--name', 'front'];
    const { stdout, exitCode } = await kept.run('run', '-q', ...flags, busybox, 'sh', '-c', script);
    expect({ stdout, exitCode }).toEqual({ stdout: 'one\n', exitCode: 7 });
    await kept.untilLogged('front', 'up');
    expect(await state('front')).toBe('running 0 1');
    await kept.text('rm', '-f', 'front');
  });

  test('kill -9 of the command ends the container for good', async () => {
    const running = kept.start(
      'run',
      '-q',
      '--restart',
      'always',
      '--name',
      'pulled',
      busybox,
      'sh',
      '-c',
      'echo up; sleep 1000',
    );
    await running.until('up');
    running.signal('SIGKILL');
    await running.outcome;
    await kept.text('wait', 'pulled');
    expect(await untilState('pulled', /^exited/)).toBe('exited 137 0');
    await kept.text('rm', 'pulled');
  });
});

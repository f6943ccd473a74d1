/** Checks of health: made by the container's monitor alone, whatever they do. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

interface Health {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: readonly {
    readonly Start: string;
    readonly End: string;
    readonly ExitCode: number;
    readonly Output: string;
  }[];
}
const health = async (name: string): Promise<Health> =>
  JSON.parse(await kept.inspect(name, '{{json .State.Health}}')) as Health;

const quick = ['--health-interval', '50ms'] as const;
/** Lives, with checks by this line. */
const checked = (name: string, line: string, ...flags: readonly string[]): Promise<string> =>
  kept.detached(name, 'sleep 1000', ...quick, '--health-cmd', line, ...flags);

/** How many results were written, followed by events of the file system. */
async function untilChecked(name: string, fits: (health: Health) => boolean): Promise<Health> {
  for (;;) {
    const now = await health(name);
    if (fits(now)) return now;
  }
}

describe('a check', () => {
  test('that succeeds makes it healthy, and says so everywhere', async () => {
    await checked('well', 'echo fine; id -u; echo $HOME; exit 0', '-u', '65534');
    expect(await kept.text('wait', '--condition', 'healthy', 'well')).toBe('-1');
    expect(await kept.text('ps', '--format', '{{.Status}}', '--filter', 'name=well')).toMatch(/^Up .* \(healthy\)$/);
    expect(await kept.text('ps', '--format', '{{.Names}}', '--filter', 'health=healthy')).toBe('well');
    expect(await kept.text('ps', '--format', '{{.Names}}', '--filter', 'health=unhealthy')).toBe('');
    const { Status, FailingStreak, Log } = await untilChecked('well', ({ Log }) => Log.length === 5);
    expect({ Status, FailingStreak }).toEqual({ Status: 'healthy', FailingStreak: 0 });
    expect(Log[0]?.ExitCode).toBe(0);
    expect(Log[0]?.Output).toMatch(/^fine\n65534\n\/\S*\n$/);
    expect(Date.parse(Log[0]?.Start ?? '')).toBeLessThanOrEqual(Date.parse(Log[0]?.End ?? ''));
    const told = await kept.text(
      'events',
      '--since',
      '1h',
      '--until',
      '0s',
      '--filter',
      'event=health_status',
      '--format',
      '{{.Actor.Attributes.name}} {{.Action}}',
    );
    expect(told).toBe('well health_status: healthy');
    await kept.text('rm', '-f', 'well');
  });

  test('that fails again and again makes it unhealthy; one that succeeds then healthy again', async () => {
    await checked('ill', 'test -e /fine', '--health-retries', '2');
    await kept.text('wait', '--condition', 'unhealthy', 'ill');
    expect((await health('ill')).FailingStreak).toBeGreaterThanOrEqual(2);
    expect(await kept.text('ps', '--format', '{{.Status}}')).toMatch(/\(unhealthy\)$/);
    await kept.text('exec', 'ill', 'touch', '/fine');
    await kept.text('wait', '--condition', 'healthy', 'ill');
    await kept.text('rm', '-f', 'ill');
  });

  test('does not count while the container starts', async () => {
    await checked(
      'young',
      'echo no; false',
      '--health-start-period',
      '1h',
      '--health-start-interval',
      '20ms',
      '--health-retries',
      '1',
    );
    const { Status, FailingStreak } = await untilChecked('young', ({ Log }) => Log.length === 5);
    expect({ Status, FailingStreak }).toEqual({ Status: 'starting', FailingStreak: 0 });
    expect(await kept.text('ps', '--format', '{{.Status}}')).toMatch(/\(health: starting\)$/);
    await kept.text('rm', '-f', 'young');
  });

  /** Starts two processes and hangs, until it is told to be calm. */
  const hanging = '[ ! -e /calm ] || exit 0; sleep 4711 & echo here; sleep 4712';
  /** Hangs while any of them is left. */
  const untilNoneLeft = (name: string): Promise<string> =>
    kept.text('exec', name, 'sh', '-c', 'touch /calm; while ps | grep -q "[s]leep 471"; do sleep 0.02; done');

  test('that hangs is killed with what it started, and has failed', async () => {
    await checked('hangs', hanging, '--health-timeout', '100ms', '--health-retries', '1');
    await kept.text('wait', '--condition', 'unhealthy', 'hangs');
    const { Log } = await health('hangs');
    expect(Log[0]).toMatchObject({ ExitCode: -1, Output: 'Health check exceeded timeout (100ms)' });
    await untilChecked('hangs', ({ Log }) => Log.length === 5);
    await untilNoneLeft('hangs');
    await kept.text('rm', '-f', 'hangs');
  });

  test('whose time is over while it begins leaves nothing of it', async () => {
    for (const milliseconds of ['1ms', '2ms', '4ms', '8ms']) {
      await checked('brief', hanging, '--health-interval', '1ms', '--health-timeout', milliseconds);
      await untilChecked('brief', ({ FailingStreak }) => FailingStreak >= 100);
      await untilNoneLeft('brief');
      await kept.text('rm', '-f', 'brief');
    }
  });

  test('that prints 10 MB ends, and 4096 bytes of it are kept', async () => {
    await checked('loud', 'yes 0123456789 | head -c 10485760; exit 3', '--health-retries', '1');
    await kept.text('wait', '--condition', 'unhealthy', 'loud');
    const [first] = (await health('loud')).Log;
    expect(first?.ExitCode).toBe(3);
    expect(first?.Output).toBe('0123456789\n'.repeat(400).slice(0, 4096));
    await kept.text('rm', '-f', 'loud');
  });

  test('whose command is missing has failed, and says why', async () => {
    await kept.detached('none', 'sleep 1000', ...quick, '--health-cmd', 'nosuch', '--health-retries', '1');
    await kept.text('wait', '--condition', 'unhealthy', 'none');
    expect((await health('none')).Log[0]?.ExitCode).toBe(127);
    await kept.text('rm', '-f', 'none');
  });

  test('is made no more while the container is paused', async () => {
    await checked('still', 'true');
    await kept.text('wait', '--condition', 'healthy', 'still');
    if ((await kept.run('pause', 'still')).exitCode === 0) {
      const before = await health('still');
      await kept.text('unpause', 'still');
      expect(before.Status).toBe('healthy');
    }
    await kept.text('rm', '-f', 'still');
  });

  test('has the namespaces, the filter and the capabilities of the container', async () => {
    const line =
      'for file in /proc/self/ns/*; do readlink $file; done; grep -E "^(Cap|Seccomp|NoNew)" /proc/self/status';
    await checked('inside', line, '--cap-drop', 'CHOWN');
    await kept.text('wait', '--condition', 'healthy', 'inside');
    const [first] = (await health('inside')).Log;
    expect(first?.Output.trimEnd()).toBe(await kept.text('exec', 'inside', 'sh', '-c', line));
    await kept.text('rm', '-f', 'inside');
  });
});

describe('--health-on-failure', () => {
  test('kill ends it, and its policy starts it again', async () => {
    await checked('shot', 'false', '--health-retries', '1', '--health-on-failure', 'kill');
    expect(await kept.text('wait', 'shot')).toBe('137');
    await kept.text('rm', 'shot');
  });

  test('restart stops it and starts it anew, without a policy too', async () => {
    const script = 'trap "exit 5" TERM; echo run >> /count; while :; do sleep 0.05 & wait $!; done';
    await kept.detached(
      'anew',
      script,
      ...quick,
      '--health-cmd',
      // Not before it has a handler for its stop signal.
      'until [ -e /count ]; do sleep 0.01; done; [ $(wc -l < /count) -gt 1 ]',
      '--health-retries',
      '1',
      '--health-on-failure',
      'restart',
    );
    await kept.text('wait', '--condition', 'healthy', 'anew');
    expect(await kept.inspect('anew', '{{.RestartCount}}')).toBe('1');
    const told = await kept
      .text(
        'events',
        '--since',
        '1h',
        '--until',
        '0s',
        '--filter',
        'container=anew',
        '--format',
        '{{.Action}} {{.Actor.Attributes.exitCode}}',
      )
      .catch(() => '');
    expect(told === '' || told.includes('die 5')).toBe(true);
    await kept.text('rm', '-f', 'anew');
  });
});

describe('while a check runs', () => {
  test('stop, rm -f and kill -9 of the monitor are as ever', async () => {
    const hanging = (name: string) => checked(name, 'echo in > /in; sleep 1000', '--health-timeout', '1h');
    const under = (name: string) => kept.text('exec', name, 'sh', '-c', 'while [ ! -e /in ]; do sleep 0.02; done');
    await hanging('one');
    await under('one');
    await kept.text('stop', '-t', '0', 'one');
    await kept.text('rm', 'one');
    const id = await hanging('two');
    await under('two');
    const pid = await kept.inspect('two', '{{.State.Pid}}');
    process.kill(kept.monitorOf(id), 'SIGKILL');
    expect(await kept.text('wait', 'two')).toBe('255');
    // Whoever is the new parent reaps it at once or a little later.
    while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setImmediate(resolve));
    await kept.text('rm', 'two');
    await hanging('three');
    await under('three');
    const [stop, remove] = await Promise.all([kept.run('stop', '-t', '0', 'three'), kept.run('rm', '-f', 'three')]);
    expect(remove.exitCode).toBe(0);
    expect([0, 1]).toContain(stop.exitCode);
  });
});

describe('a container without a check', () => {
  test('cannot be waited for to be healthy', async () => {
    await kept.detached('plain', 'sleep 1000');
    expect((await kept.run('wait', '--condition', 'healthy', 'plain')).stderr).toContain('nobody looks how it is');
    expect(await kept.text('wait', '--condition', 'running', 'plain')).toBe('-1');
    expect(await kept.text('ps', '--format', '{{.Names}}', '--filter', 'health=none')).toBe('plain');
    await kept.text('rm', '-f', 'plain');
  });

  test('--no-healthcheck contradicts the others', async () => {
    expect((await kept.run('run', '--no-healthcheck', '--health-cmd', 'true', busybox, 'true')).exitCode).toBe(125);
  });
});

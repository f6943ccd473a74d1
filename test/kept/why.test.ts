/** Why a container ended, or is slow, with what shows it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

interface Why {
  readonly status: string;
  readonly exitCode: number | null;
  readonly seconds: number | null;
  readonly findings: readonly { kind: string; what: string; evidence: { source: string; value: string }[] }[];
  readonly log: readonly { stream: string; text: string }[];
}
const why = async (name: string): Promise<Why> => JSON.parse(await kept.text('why', '--format', 'json', name)) as Why;
const cause = async (name: string): Promise<string> => (await why(name)).findings[0]?.what ?? '';
const ended = async (name: string, script: string, ...flags: readonly string[]): Promise<void> => {
  await kept.detached(name, script, ...flags);
  await kept.text('wait', name);
};
const deaf = 'trap "" TERM; echo ready; while :; do sleep 0.05; done';

describe('who ended it', () => {
  test('a command of tsrun, with its line, what it sent and when', async () => {
    await kept.detached('told', deaf);
    await kept.untilLogged('told', 'ready');
    await kept.text('stop', '-t', '0', 'told');
    const { findings, exitCode, seconds } = await why('told');
    expect(exitCode).toBe(137);
    expect(seconds).toBeGreaterThan(0);
    expect(Date.parse(await kept.inspect('told', '{{.State.StartedAt}}'))).toBeGreaterThan(Date.now() - 600_000);
    expect(findings[0]?.what).toBe('"tsrun stop -t 0 told" killed it: it did not end within 0 s of SIGTERM');
    const [, ...asked] = findings[0]?.evidence ?? [];
    expect(asked.map(({ source }) => source)).toEqual(['asked', 'asked']);
    expect(asked[0]?.value).toMatch(/^\d{4}-.*Z SIGTERM from "tsrun stop -t 0 told" \(pid \d+\)$/);
    const text = await kept.text('why', 'told');
    expect(text).toMatch(/^told exited 137 after \d+\.\d s\n {2}cause {3}"tsrun stop/);
    expect(text).toMatch(
      /\n {10}try: PID 1 gets only signals it has a handler for: handle SIGTERM, or run it with --init\n/,
    );
    expect(text).toMatch(/\n {2}log {5}ready$/);
    // The next run knows nothing of it.
    await kept.text('start', 'told');
    await kept.text('kill', '-s', 'KILL', 'told');
    await kept.text('wait', 'told');
    expect((await why('told')).findings[0]).toMatchObject({
      what: '"tsrun kill -s KILL told" ended it with SIGKILL',
      evidence: [{ source: 'exit', value: 'SIGKILL' }, { source: 'asked' }],
    });
    await kept.text('rm', 'told');
  });

  test('somebody else', async () => {
    const id = await kept.detached('shot', 'sleep 1000');
    const running = readFileSync(join(kept.home.store, 'containers', id, 'running'), 'utf8');
    process.kill(Number(/^pid (\d+)$/m.exec(running)?.[1]), 'SIGKILL');
    await kept.text('wait', 'shot');
    expect(await cause('shot')).toBe('somebody outside of tsrun ended it with SIGKILL');
    await kept.text('rm', 'shot');
  });

  test('the loss of its monitor', async () => {
    const id = await kept.detached('lost', 'sleep 1000');
    process.kill(kept.monitorOf(id), 'SIGKILL');
    await kept.text('wait', 'lost');
    expect(await cause('lost')).toContain('its monitor was killed');
    await kept.text('rm', 'lost');
  });

  test('itself: statuses and crashes in words', async () => {
    const scripts = [
      ['zero', 'true', 'its command was done: status 0'],
      ['three', 'exit 3', 'its command ended by itself with status 3'],
      ['none', 'nosuch-program', 'a shell inside did not find a program'],
      ['crash', 'kill -SEGV $$', 'its program crashed'],
      ['inner', 'sh -c "kill -SEGV \\$\\$"; exit $?', 'a program in it died of SIGSEGV'],
    ] as const;
    for (const [name, script, words] of scripts) {
      // Without a pid namespace of its own a shell can send itself a signal that it does not handle.
      await ended(name, script, ...(name === 'crash' ? ['--pid', 'host'] : []));
      expect(await cause(name)).toContain(words);
      await kept.text('rm', name);
    }
  });
});

test('a start that failed is remembered until one works', async () => {
  await kept.text('create', '-q', '--name', 'broken', busybox, 'nosuch');
  expect(await cause('broken')).toBe('it has never been started');
  expect((await kept.run('start', 'broken')).exitCode).not.toBe(0);
  const text = await kept.text('why', 'broken');
  expect(text).toContain('broken has not run yet\n  cause   its last start failed: ');
  expect(text).toContain('nosuch');
  expect(await kept.inspect('broken', '{{.State.Error}}')).toContain('nosuch');
  await kept.text('rm', 'broken');
});

describe('what its monitor did', () => {
  test('a policy that gave up, with how often it started it', async () => {
    await kept.detached('again', 'exit 7', '--restart', 'on-failure:2');
    while ((await kept.inspect('again', '{{.State.Status}} {{.RestartCount}}')) !== 'exited 2');
    const { findings } = await why('again');
    expect(findings.map(({ what }) => what)).toContain('it was started again 2 times, and its policy gave up');
    expect(findings.at(-1)?.evidence).toEqual([
      { source: 'restarting: count', value: '2' },
      { source: 'restart: policy', value: 'on-failure:2' },
    ]);
    await kept.text('rm', 'again');
  });

  test('of one that runs again it says how it ended before', async () => {
    const script = 'echo run >> /count; [ $(wc -l < /count) -gt 1 ] || exit 7; echo up; sleep 1000';
    await kept.detached('back', script, '--restart', 'always');
    await kept.untilLogged('back', 'up');
    const { status, findings } = await why('back');
    expect(status).toBe('running');
    const found = findings.find(({ what }) => what === 'it was started again once');
    expect(found?.evidence.at(-1)).toEqual({ source: 'exit', value: 'before: status 7' });
    await kept.text('rm', '-f', 'back');
  });

  test('an end for its health, with what the check said', async () => {
    const check = ['--health-cmd', 'echo refused; exit 3', '--health-interval', '50ms', '--health-retries', '2'];
    await kept.detached('ill', 'sleep 1000', ...check, '--health-on-failure', 'kill');
    expect(await kept.text('wait', 'ill')).toBe('137');
    const [first] = (await why('ill')).findings;
    expect(first?.what).toBe('it was unhealthy, and its monitor ended it: its check failed 2 times in a row');
    expect(first?.evidence).toEqual([
      { source: 'exit', value: 'SIGKILL' },
      { source: 'health: status', value: 'unhealthy, streak 2' },
      { source: expect.stringMatching(/^health: probe \d{4}-/), value: 'status 3: refused' },
      { source: '--health-on-failure', value: 'kill' },
    ]);
    await kept.text('rm', 'ill');
  });

  test('of one that runs, that it is unhealthy', async () => {
    const check = ['--health-cmd', 'false', '--health-interval', '50ms', '--health-retries', '1'];
    await kept.detached('weak', 'sleep 1000', ...check);
    await kept.text('wait', '--condition', 'unhealthy', 'weak');
    expect(await cause('weak')).toMatch(/^it is unhealthy: its check failed (once|\d+ times) in a row$/);
    await kept.text('rm', '-f', 'weak');
  });
});

test('the last lines are shown, and do not command the terminal', async () => {
  await ended('chatty', 'for i in 1 2 3 4 5 6 7; do echo line $i; done; printf "\\033[31mred\\n" >&2; exit 1');
  expect((await kept.text('why', '-n', '2', 'chatty')).split('\n').slice(-2)).toEqual([
    '  log     line 7',
    '          stderr: ?[31mred',
  ]);
  expect((await why('chatty')).log.length).toBe(5);
  expect((await kept.run('why', '-n', 'x', 'chatty')).exitCode).toBe(1);
  await kept.text('rm', 'chatty');
});

describe('one that runs', () => {
  test('and has nothing in its way', async () => {
    await kept.detached('calm', 'echo ready; exec sleep 1000');
    await kept.untilLogged('calm', 'ready');
    const { status, findings } = await why('calm');
    expect(status).toBe('running');
    // A busy machine was in the way of its start.
    const ofTheMachine = (source: string): boolean => source.includes('.pressure');
    const found = findings.filter(({ evidence }) => !evidence.some(({ source }) => ofTheMachine(source)));
    expect(found.filter(({ kind }) => kind !== 'unknown')).toEqual([]);
    await kept.text('rm', '-f', 'calm');
  });

  test('whose PID 1 does not reap', async () => {
    await kept.detached('undead', 'for i in 1 2 3 4; do sleep 0.3 & done; echo ready; exec sleep 1000');
    await kept.untilLogged('undead', 'ready');
    const zombies = async (): Promise<boolean> => (await cause('undead')).includes('nobody waits for them');
    while (!(await zombies()));
    expect(await kept.text('why', 'undead')).toContain('its PID 1 does not reap: run it with --init');
    await kept.text('rm', '-f', 'undead');
  });
});

describe('limits', () => {
  requires('cgroup-v2-memory')('out of memory, with the limit and the highest use', async () => {
    await kept.text('run', '-dq', '--name', 'hungry', '-m', '32m', fixture('programs.tar'), 'eat-memory', '200');
    await kept.text('wait', 'hungry');
    const { findings } = await why('hungry');
    expect(findings[0]?.what).toBe('out of memory: the kernel killed a process of it');
    expect(findings[0]?.evidence).toEqual(
      expect.arrayContaining([
        { source: 'memory.events: oom_kill', value: '1' },
        { source: 'memory.max', value: '32MiB' },
      ]),
    );
    expect(await kept.inspect('hungry', '{{.State.OOMKilled}}')).toBe('true');
    const told = [
      'events',
      '--since',
      '1h',
      '--until',
      '0s',
      '--filter',
      'container=hungry',
      '--format',
      '{{.Action}}',
    ];
    expect(await kept.text(...told)).toBe('create\nstart\noom\ndie');
    await kept.text('rm', 'hungry');
  });

  requires('cgroup-v2-cpu', 'cgroup-v2-pids')(
    'throttling and forks that failed, while it runs and after its end',
    async () => {
      const script =
        'i=0; while [ $i -lt 30 ]; do sleep 1000 & i=$((i+1)); done 2>/dev/null; echo ready; while :; do :; done';
      await kept.detached(
        'tight',
        `(${script}) & echo go; trap "exit 4" TERM; wait; while :; do :; done`,
        '--cpus',
        '0.1',
        '--pids-limit',
        '8',
      );
      const words = async (): Promise<string> => (await why('tight')).findings.map(({ what }) => what).join('\n');
      while (!/throttled in \d+%[\s\S]*could not make a process/.test(await words()));
      await kept.text('stop', '-t', '20', 'tight');
      expect(await words()).toMatch(/throttled in \d+%[\s\S]*could not make a process/);
      expect(await kept.text('why', 'tight')).toContain('pids.events: max');
      await kept.text('rm', 'tight');
    },
  );
});

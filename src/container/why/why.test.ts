import { describe, expect, test } from 'vitest';
import type { UsageReading } from '../usage/reading.ts';
import { parseCounts } from './group-counts.ts';
import { startedAgain } from './started-again.ts';
import { endedForHealth } from './unhealthy.ts';
import { type EndedFacts, whyEnded } from './why-ended.ts';
import { whySlow } from './why-slow.ts';

const size = (bytes: number): string => `${bytes / 2 ** 20}m`;
const finished = '2026-01-02T03:04:15.000Z';
const seen = (exitCode: number, signal: string | null = null, oomKills = 0): EndedFacts['end'] => ({
  type: 'seen',
  exitCode,
  signal,
  oomKills,
  finished,
});
const facts = (end: EndedFacts['end'], more: Partial<EndedFacts> = {}): EndedFacts => ({
  end,
  unhealthy: null,
  asked: [],
  group: parseCounts('# memory.events\nlow 0\nmax 0\noom 0\noom_kill 0\n'),
  otherBoot: false,
  kernelLog: null,
  size,
  ...more,
});
const asked = (signal: number, time: string) => ({ time, signal, pid: 77, command: 'tsrun stop web' });
const first = (of: EndedFacts): string => whyEnded(of)[0]?.what ?? '';

describe('why it ended', () => {
  test('out of memory, with limit and peak', () => {
    const group = parseCounts(
      '# memory.events\nmax 9\noom 1\noom_kill 1\n# memory.peak\n67108864\n# memory.max\n67108864\n',
    );
    expect(whyEnded(facts(seen(137, 'SIGKILL', 1), { group }))).toEqual([
      {
        kind: 'cause',
        what: 'out of memory: the kernel killed a process of it',
        evidence: [
          { source: 'memory.events: oom_kill', value: '1' },
          { source: 'memory.max', value: '64m' },
          { source: 'memory.peak', value: '64m' },
        ],
        advice: 'give it more, for example -m 128m',
      },
    ]);
    // A shell whose child was killed ends by itself.
    expect(first(facts(seen(137, null, 1), { group }))).toContain('out of memory');
    const above = parseCounts('# memory.events\nmax 0\noom 0\noom_kill 2\n');
    expect(first(facts(seen(137, 'SIGKILL', 2), { group: above }))).toContain(
      'for a limit above its own or because the machine',
    );
  });

  test('a command of ours, with what it sent', () => {
    const stop = [asked(15, '2026-01-02T03:04:05.000Z')];
    expect(first(facts(seen(143, 'SIGTERM'), { asked: stop }))).toBe('"tsrun stop web" ended it with SIGTERM');
    expect(first(facts(seen(0), { asked: stop }))).toBe(
      'it ended by itself after "tsrun stop web" asked it to, with status 0',
    );
    const both = [...stop, asked(9, '2026-01-02T03:04:15.000Z')];
    expect(whyEnded(facts(seen(137, 'SIGKILL'), { asked: both }))[0]).toMatchObject({
      what: '"tsrun stop web" killed it: it did not end within 10 s of SIGTERM',
      evidence: [{ source: 'exit' }, { value: '2026-01-02T03:04:05.000Z SIGTERM from "tsrun stop web" (pid 77)' }, {}],
    });
    // Killed by us while the kernel had killed another one of it: the kill is the cause.
    expect(first(facts(seen(137, 'SIGKILL', 1), { asked: [asked(9, finished)] }))).toContain('ended it with SIGKILL');
  });

  test('somebody else, and what cannot be known', () => {
    expect(first(facts(seen(137, 'SIGKILL')))).toBe('somebody outside of tsrun ended it with SIGKILL');
    const blind = whyEnded(facts(seen(137, 'SIGKILL'), { group: new Map() }));
    expect(blind.map(({ kind }) => kind)).toEqual(['cause', 'unknown']);
    expect(first(facts(seen(137, 'SIGKILL'), { kernelLog: 'Killed process 7 (x)' }))).toContain(
      'the machine was out of memory',
    );
  });

  test.each([
    [seen(0), 'its command was done: status 0'],
    [seen(3), 'its command ended by itself with status 3'],
    [seen(126), 'may not execute'],
    [seen(127), 'did not find a program'],
    [seen(139), 'a program in it died of SIGSEGV'],
    [seen(139, 'SIGSEGV'), 'its program crashed: it used memory that is not its own (SIGSEGV)'],
    [seen(159, 'SIGSYS'), 'seccomp'],
    [{ type: 'lost', finished } as const, 'its monitor was killed'],
  ])('%j', (end, words) => {
    expect(first(facts(end))).toContain(words);
  });

  test('its monitor, for its health; not where a command told it to end', () => {
    const unhealthy = endedForHealth({
      check: {
        command: ['check'],
        interval: 1,
        timeout: 1,
        retries: 2,
        startPeriod: 0,
        startInterval: 1,
        onFailure: 'kill',
      },
      health: {
        status: 'unhealthy',
        streak: 2,
        log: [{ start: 'T1', end: 'T2', exitCode: 1, output: 'refused\n' }],
      },
    });
    expect(whyEnded(facts(seen(137, 'SIGKILL'), { unhealthy }))[0]).toMatchObject({
      what: 'it was unhealthy, and its monitor ended it: its check failed 2 times in a row',
      evidence: [
        { source: 'exit', value: 'SIGKILL' },
        { source: 'health: status', value: 'unhealthy, streak 2' },
        { source: 'health: probe T2', value: 'status 1: refused' },
        { source: '--health-on-failure', value: 'kill' },
      ],
    });
    const by = { unhealthy, asked: [asked(9, finished)] };
    expect(first(facts(seen(137, 'SIGKILL'), by))).toBe('"tsrun stop web" ended it with SIGKILL');
  });

  test.each([
    [{ count: 0, status: 'running' }, []],
    [{ count: 1, status: 'running' }, ['it was started again once']],
    [{ count: 3, status: 'restarting' }, ['it is about to be started again: 3 times by now']],
    [{ count: 2, status: 'exited' }, ['it was started again 2 times']],
    [{ count: 5, status: 'exited' }, ['it was started again 5 times, and its policy gave up']],
  ] as const)('how often its policy has started it: %j', (some, words) => {
    const found = startedAgain({ policy: { name: 'on-failure', maximum: 5 }, end: null, ...some });
    expect(found.map(({ what }) => what)).toEqual(words);
  });

  test('a reboot', () => {
    expect(first(facts({ type: 'lost', finished }, { otherBoot: true }))).toBe('the machine went down under it');
  });

  test('what was in its way comes behind', () => {
    const group = parseCounts(
      '# memory.events\nmax 3\noom 0\noom_kill 0\n# memory.max\n67108864\n# cpu.stat\nusage_usec 9\nnr_periods 51\nnr_throttled 31\nthrottled_usec 2500000\n# pids.events\nmax 2\n# pids.max\n20\n',
    );
    expect(whyEnded(facts(seen(1), { group })).map(({ kind, what }) => `${kind}: ${what}`)).toEqual([
      'cause: its command ended by itself with status 1',
      'near: it met its memory limit 3 times, and the kernel had to take some back',
      'near: it was throttled in 61% of the periods of its CPU quota',
      'near: it could not make a process or thread 2 times: its limit was met',
    ]);
  });
});

describe('what is in the way of one that runs', () => {
  const usage: UsageReading = {
    at: 0,
    cpuMicroseconds: { value: 1, source: 'cgroup' },
    memory: { value: 60 << 20, source: 'cgroup' },
    memoryLimit: 64 << 20,
    memoryLimited: 'by-a-limit',
    tasks: { value: 19, source: 'cgroup' },
    tasksLimit: 20,
    network: null,
    blockIo: null,
    throttling: { periods: 0, throttled: 0 },
    stalled: { cpu: 55, memory: 0, io: null },
  };
  const live = { status: 'running', usage, group: new Map<string, string>(), processes: [], size } as const;

  test('limits that are near, and waiting', () => {
    expect(whySlow(live).map(({ what }) => what)).toEqual([
      'its memory is nearly used up: 94%',
      'it has nearly as many processes and threads as it may',
      'tasks of it wait for a processor in 55% of the time',
    ]);
  });

  test('nothing', () => {
    const calm = {
      ...usage,
      memory: { value: 1, source: 'cgroup' },
      tasks: { value: 1, source: 'cgroup' },
      stalled: { cpu: 0, memory: 0, io: 0 },
    } as const;
    expect(whySlow({ ...live, usage: calm })).toEqual([]);
    expect(whySlow({ ...live, status: 'paused', usage: calm })[0]?.what).toContain('it is paused');
  });
});

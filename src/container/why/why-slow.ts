/** What is in the way of a container that runs: pure. */
import type { ProcEntry } from '../processes/proc-entry.ts';
import type { UsageReading } from '../usage/reading.ts';
import { type Finding, finding } from './finding.ts';
import { countOf, type GroupTexts } from './group-counts.ts';
import { limitsMet, percent } from './limits-met.ts';

export interface LiveFacts {
  readonly status: 'running' | 'paused';
  readonly usage: UsageReading;
  readonly group: GroupTexts;
  readonly processes: readonly ProcEntry[];
  /** Bytes as they are read. */
  readonly size: (bytes: number) => string;
}

/** Per cent of ten seconds, from which on waiting is felt. */
const felt = 10;
const close = 0.9;
const manyZombies = 3;

/** What weighs most first; empty: nothing is. */
export function whySlow(facts: LiveFacts): readonly Finding[] {
  const { status, group, size } = facts;
  const paused =
    status === 'paused'
      ? [
          finding(
            'cause',
            'it is paused: none of its processes runs',
            [{ source: 'cgroup.events: frozen', value: '1' }],
            'tsrun unpause',
          ),
        ]
      : [];
  return [
    ...paused,
    ...killedSome(group),
    ...now(facts),
    ...waiting(facts.usage),
    ...limitsMet(group, size),
    ...processesStuck(facts.processes),
    ...uncounted(facts.usage),
  ];
}

function killedSome(group: GroupTexts): readonly Finding[] {
  const kills = countOf(group, 'memory.events', 'oom_kill') ?? 0;
  if (kills === 0) return [];
  return [
    finding(
      'cause',
      `out of memory: the kernel killed ${kills === 1 ? 'a process' : `${kills} processes`} of it, not the first one`,
      [{ source: 'memory.events: oom_kill', value: `${kills}` }],
      'give it more memory, -m',
    ),
  ];
}

/** Limits that it is near at this moment. */
function now({ usage, size }: LiveFacts): readonly Finding[] {
  const { memory, memoryLimit, memoryLimited, tasks, tasksLimit } = usage;
  const found: Finding[] = [];
  if (memory !== null && memoryLimited === 'by-a-limit' && memory.value >= memoryLimit * close) {
    found.push(
      finding(
        'cause',
        `its memory is nearly used up: ${percent(memory.value / memoryLimit)}`,
        [
          { source: 'memory.current', value: size(memory.value) },
          { source: 'memory.max', value: size(memoryLimit) },
        ],
        `give it more, for example -m ${size(memoryLimit * 2)}`,
      ),
    );
  }
  if (tasks !== null && tasksLimit !== null && tasks.value >= tasksLimit * close) {
    found.push(
      finding(
        'cause',
        'it has nearly as many processes and threads as it may',
        [
          { source: 'pids.current', value: `${tasks.value}` },
          { source: 'pids.max', value: `${tasksLimit}` },
        ],
        'give it more, --pids-limit',
      ),
    );
  }
  return found;
}

const words = { cpu: 'a processor', memory: 'memory', io: 'disks' } as const;

function waiting({ stalled }: UsageReading): readonly Finding[] {
  return (['cpu', 'memory', 'io'] as const).flatMap((what) => {
    const share = stalled[what];
    if (share === null || share < felt) return [];
    return [
      finding('near', `tasks of it wait for ${words[what]} in ${Math.round(share)}% of the time`, [
        { source: `${what}.pressure: some avg10`, value: share.toFixed(2) },
      ]),
    ];
  });
}

function processesStuck(processes: readonly ProcEntry[]): readonly Finding[] {
  const inState = (state: string): readonly ProcEntry[] => processes.filter((entry) => entry.state === state);
  const zombies = inState('Z');
  const [blocked] = inState('D');
  const [stopped] = inState('T');
  return [
    ...(zombies.length < manyZombies
      ? []
      : [
          finding(
            'near',
            `${zombies.length} processes have ended and nobody waits for them`,
            [{ source: `/proc/${zombies[0]?.pid}/stat`, value: 'Z (zombie)' }],
            'its PID 1 does not reap: run it with --init',
          ),
        ]),
    ...(blocked === undefined
      ? []
      : [
          finding(
            'near',
            `"${blocked.name}" waits for a disk or a network file system, and cannot be killed meanwhile`,
            [{ source: `/proc/${blocked.pid}/stat`, value: 'D (uninterruptible)' }],
          ),
        ]),
    ...(stopped === undefined
      ? []
      : [
          finding(
            'near',
            `"${stopped.name}" is stopped, by SIGSTOP or at a terminal`,
            [{ source: `/proc/${stopped.pid}/stat`, value: 'T (stopped)' }],
            'send it SIGCONT',
          ),
        ]),
  ];
}

function uncounted({ memory, throttling, tasks }: UsageReading): readonly Finding[] {
  const missing = [
    ...(memory?.source === 'cgroup' ? [] : ['memory']),
    ...(throttling === null ? ['cpu'] : []),
    ...(tasks?.source === 'cgroup' ? [] : ['pids']),
  ];
  if (missing.length === 0) return [];
  return [
    finding(
      'unknown',
      `whether it meets limits of ${missing.join(', ')}: its control group has no such controller`,
      [],
      'tsrun doctor says why',
    ),
  ];
}

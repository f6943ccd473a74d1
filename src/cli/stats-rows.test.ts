import { expect, test } from 'vitest';
import type { UsageReading } from '../container/usage/reading.ts';
import { statsRow } from './stats-rows.ts';

const reading: UsageReading = {
  at: 1000,
  cpuMicroseconds: { value: 1_000_000, source: 'cgroup' },
  memory: { value: 3 << 20, source: 'cgroup' },
  memoryLimit: 64 << 20,
  memoryLimited: 'by-a-limit',
  tasks: { value: 2, source: 'cgroup' },
  tasksLimit: 20,
  network: { received: 1200, sent: 0 },
  blockIo: { read: 4096, written: 1 },
  throttling: { periods: 10, throttled: 1 },
  stalled: { cpu: 1.5, memory: 0, io: null },
};
const sample = { id: 'c7f'.padEnd(64, '0'), name: 'web' };

test('rates are over the time between two readings', () => {
  const now: UsageReading = {
    ...reading,
    at: 3000,
    cpuMicroseconds: { value: 4_000_000, source: 'cgroup' },
    throttling: { periods: 30, throttled: 16 },
  };
  expect(statsRow({ ...sample, before: reading, now }, 'short')).toEqual({
    Container: 'c7f000000000',
    ID: 'c7f000000000',
    Name: 'web',
    CPUPerc: '150.00%',
    MemUsage: '3MiB / 64MiB',
    MemPerc: '4.69%',
    NetIO: '1.2kB / 0B',
    BlockIO: '4.1kB / 1B',
    PIDs: '2',
    PIDsLimit: '20',
    Throttled: '75.00%',
    CPUPressure: '1.50%',
    MemPressure: '0.00%',
    IOPressure: '--',
  });
});

test('a sum over processes is marked, and what nobody counts is no zero', () => {
  const bare: UsageReading = {
    ...reading,
    cpuMicroseconds: { value: 0, source: 'processes' },
    memory: { value: 3 << 20, source: 'processes' },
    tasks: { value: 2, source: 'processes' },
    tasksLimit: null,
    network: null,
    blockIo: null,
    throttling: null,
    stalled: { cpu: null, memory: null, io: null },
  };
  const later = { ...bare, at: 2000, cpuMicroseconds: { value: 500_000, source: 'processes' } } as const;
  expect(statsRow({ ...sample, before: bare, now: later }, 'short')).toMatchObject({
    CPUPerc: '~50.00%',
    MemUsage: '~3MiB / 64MiB',
    MemPerc: '~4.69%',
    NetIO: '--',
    BlockIO: '--',
    PIDs: '~2',
    PIDsLimit: 'none',
    Throttled: '--',
    CPUPressure: '--',
  });
});

test('one that does not run has nothing', () => {
  const row = statsRow({ ...sample, before: null, now: null }, 'full');
  expect(row.ID.length).toBe(64);
  expect([row.CPUPerc, row.MemUsage, row.MemPerc, row.NetIO, row.PIDs]).toEqual(['--', '-- / --', '--', '--', '--']);
});

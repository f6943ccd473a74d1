import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { jsonWithBigints } from './json.ts';
import { cgroupStats } from './stats.ts';

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true });
});

function group(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'tsrun-stats-'));
  made.push(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

describe('what a group uses', () => {
  it('is told in the units of runc', () => {
    const stats = cgroupStats(
      group({
        'cpu.stat': 'usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 2\nthrottled_usec 7\n',
        'cpuset.cpus': '0-2,5\n',
        'memory.current': '4096\n',
        'memory.max': '8192\n',
        'memory.swap.current': '100\n',
        'memory.swap.max': '8192\n',
        'memory.stat': 'anon 1\nfile 2\n',
        'memory.events': 'low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n',
        'pids.current': '2\n',
        'pids.max': '20\n',
        'hugetlb.2MB.current': '2097152\n',
        'hugetlb.2MB.events': 'max 5\n',
        'io.stat': '8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n8:0\n',
        'cpu.pressure': 'some avg10=1.50 avg60=0.00 avg300=0.00 total=12\n',
      }),
    );
    expect(stats.cpu).toEqual({
      usage: { total: 30_000n, kernel: 10_000n, user: 20_000n },
      throttling: { periods: 4n, throttledPeriods: 2n, throttledTime: 7000n },
      psi: {
        some: { avg10: 1.5, avg60: 0, avg300: 0, total: 12n },
        full: { avg10: 0, avg60: 0, avg300: 0, total: 0n },
      },
    });
    expect(stats.cpuset).toEqual({ cpus: [0, 1, 2, 5], mems: [] });
    expect(stats.memory).toMatchObject({
      cache: 2n,
      usage: { limit: 8192n, usage: 4096n, failcnt: 3n },
      swap: { limit: 16_384n, usage: 4196n },
      raw: { anon: 1n, file: 2n },
      event_count: { max: 3n, oom_kill: 1n },
    });
    expect(stats.pids).toEqual({ current: 2n, limit: 20n });
    expect(stats.hugetlb).toEqual({ '2MB': { usage: 2_097_152n, max: 0n, failcnt: 5n } });
    expect(stats.blkio.ioServiceBytesRecursive).toEqual([
      { major: 8, minor: 16, op: 'Read', value: 1n },
      { major: 8, minor: 16, op: 'Write', value: 2n },
      { major: 8, minor: 16, op: 'Discard', value: 5n },
    ]);
    expect(stats.blkio.ioServicedRecursive.map(({ value }) => value)).toEqual([3n, 4n, 6n]);
  });
  it('has no limit where the kernel says max: 2^64 - 1 for memory, 0 for pids', () => {
    const stats = cgroupStats(group({ 'memory.max': 'max\n', 'memory.swap.max': 'max\n', 'pids.max': 'max\n' }));
    expect(stats.memory.usage.limit).toBe(2n ** 64n - 1n);
    expect(stats.memory.swap.limit).toBe(2n ** 64n - 1n);
    expect(stats.pids.limit).toBe(0n);
  });
  it('is zero for controllers that are not there', () => {
    const stats = cgroupStats(group({}));
    expect(stats.memory.usage).toEqual({ limit: 0n, usage: 0n, max: 0n, failcnt: 0n });
    expect(stats.blkio).toEqual({ ioServiceBytesRecursive: [], ioServicedRecursive: [] });
  });
  it('of a group that is gone is an error', () => {
    expect(() => cgroupStats('/nowhere')).toThrow('cannot read what the container uses');
  });
});

describe('JSON', () => {
  it('has 64-bit numbers to the last digit', () => {
    const text = jsonWithBigints({ limit: 2n ** 64n - 1n, name: '\u0001x\u0001', list: [1n, 'two'] });
    expect(text).toBe('{"limit":18446744073709551615,"name":"\\u0001x\\u0001","list":[1,"two"]}');
  });
});

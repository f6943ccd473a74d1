import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseNetDev, readUsage } from './reading.ts';

const top = mkdtempSync(join(tmpdir(), 'tsrun-usage-'));
afterAll(() => rmSync(top, { recursive: true }));

/** A directory with files as a control group has them. */
function group(path: string, files: Readonly<Record<string, string>>): string {
  const directory = join(top, path);
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries({ 'cgroup.type': 'domain\n', 'cgroup.procs': '', ...files })) {
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

describe('usage', () => {
  test('is what the kernel counts for the group', () => {
    group('full', { 'memory.max': '50331648\n', 'pids.max': 'max\n' });
    const path = group('full/own', {
      'cpu.stat': 'usage_usec 1234\nnr_periods 10\nnr_throttled 4\n',
      'memory.current': '9000000\n',
      'memory.stat': 'anon 1\ninactive_file 1000000\n',
      'memory.max': '67108864\n',
      'pids.current': '3\n',
      'pids.max': '20\n',
      'io.stat': '8:0 rbytes=1 wbytes=20 rios=3\n8:16 rbytes=4 wbytes=5\n',
      'cpu.pressure': 'some avg10=12.50 avg60=0.00 avg300=0.00 total=1\n',
    });
    expect(readUsage(path, process.pid)).toMatchObject({
      cpuMicroseconds: { value: 1234, source: 'cgroup' },
      memory: { value: 8_000_000, source: 'cgroup' },
      // The lower one, of the group above.
      memoryLimit: 50_331_648,
      memoryLimited: 'by-a-limit',
      tasks: { value: 3, source: 'cgroup' },
      tasksLimit: 20,
      blockIo: { read: 5, written: 25 },
      throttling: { periods: 10, throttled: 4 },
      stalled: { cpu: 12.5, memory: null, io: null },
    });
  });

  test('without controllers is the sum over the processes, and nothing where that would be wrong', () => {
    const path = group('bare', { 'cgroup.procs': `${process.pid}\n`, 'cpu.stat': 'usage_usec 7\n' });
    const reading = readUsage(path, process.pid);
    expect(reading).toMatchObject({
      cpuMicroseconds: { value: 7, source: 'cgroup' },
      memory: { source: 'processes' },
      tasks: { source: 'processes' },
      memoryLimited: 'by-the-machine',
      blockIo: null,
      throttling: null,
    });
    expect(reading?.memory?.value).toBeGreaterThan(10 << 20);
  });

  test('of one that has ended is none', () => {
    expect(readUsage(null, 2 ** 22 + 1)).toBeNull();
  });
});

test('the loopback interface is no network', () => {
  const text = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    '    lo:  500 5 0 0 0 0 0 0  500 5 0 0 0 0 0 0',
    '  eth0: 1000 9 0 0 0 0 0 0  200 2 0 0 0 0 0 0',
    'veth1:30 1 0 0 0 0 0 0 4 1 0 0 0 0 0 0',
    '',
  ];
  expect(parseNetDev(text.join('\n'))).toEqual({ received: 1030, sent: 204 });
});

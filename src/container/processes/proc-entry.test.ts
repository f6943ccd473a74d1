import { expect, test } from 'vitest';
import { parseProcEntry, procEntry } from './proc-entry.ts';

test('a name with blanks and parentheses shifts no field', () => {
  const stat =
    '4242 (a ) (b) S 17 4242 4242 34816 1 4194560 1 2 3 4 250 50 7 8 20 0 3 0 991823 5000000 300 18446744073709551615';
  const status = 'Name:\ta\nUid:\t1000\t1001\t1001\t1001\nNSpid:\t4242\t17\t1\nVmRSS:\t    1200 kB\n';
  expect(parseProcEntry(stat, status, ['a', 'b c'])).toEqual({
    pid: 4242,
    parent: 17,
    pids: [4242, 17, 1],
    uid: 1001,
    state: 'S',
    threads: 3,
    userTicks: 250,
    systemTicks: 50,
    childTicks: 15,
    startTime: 991823,
    residentBytes: 1200 * 1024,
    terminal: 34816,
    name: 'a ) (b',
    command: ['a', 'b c'],
  });
});

test('this process is there, and one that cannot be is not', () => {
  expect(procEntry(process.pid)).toMatchObject({ pid: process.pid, parent: process.ppid, state: 'R' });
  expect(procEntry(2 ** 22 + 1)).toBeNull();
});

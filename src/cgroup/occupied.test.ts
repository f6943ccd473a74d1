import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { refuseOccupied } from './occupied.ts';
import { cgroupProcesses } from './processes.ts';

const root = mkdtempSync(join(tmpdir(), 'tsrun-occupied-'));
afterAll(() => rmSync(root, { recursive: true }));

function group(name: string, events: string, procs = ''): string {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'cgroup.events'), events);
  writeFileSync(join(path, 'cgroup.procs'), procs);
  return path;
}

it('a group that is empty or does not exist is free', () => {
  expect(() => refuseOccupied(group('empty', 'populated 0\nfrozen 0\n'))).not.toThrow();
  expect(() => refuseOccupied(join(root, 'empty/new/newer'))).not.toThrow();
});
it('a group with processes is refused, with their ids', () => {
  const path = group('busy', 'populated 1\nfrozen 0\n');
  group('busy/below', 'populated 1\nfrozen 0\n', '42\n7\n');
  expect(() => refuseOccupied(path)).toThrow(
    expect.objectContaining({ message: `cannot use the control group "${path}"`, why: 'processes live in it: 7, 42' }),
  );
});
it('a frozen group is refused, and so is a new one in it', () => {
  const path = group('frozen', 'populated 0\nfrozen 1\n');
  expect(() => refuseOccupied(path)).toThrow(
    expect.objectContaining({ why: 'it is frozen, and so would be the container' }),
  );
  expect(() => refuseOccupied(join(path, 'new'))).toThrow(
    expect.objectContaining({ why: expect.stringContaining('above it') }),
  );
});
it('processes outside this pid namespace have no number here', () => {
  expect(cgroupProcesses(group('outside', '', '0\n0\n5\n'))).toEqual([5]);
  expect(cgroupProcesses(join(root, 'gone'))).toEqual([]);
});

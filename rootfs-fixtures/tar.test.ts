import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { directory, file, symlink } from './entry.ts';
import { tarOf } from './tar.ts';

const entries = [directory('etc'), file('etc/hostname', 'box\n', 0o640), symlink('etc/link', 'hostname')];

test('GNU tar lists what was written', () => {
  const { stdout } = spawnSync('tar', ['-tvf', '-', '--utc', '--numeric-owner', '--full-time'], {
    input: tarOf(entries),
  });
  expect(stdout.toString()).toBe(
    [
      'drwxr-xr-x 0/0               0 2024-01-01 00:00:00 etc/',
      '-rw-r----- 0/0               4 2024-01-01 00:00:00 etc/hostname',
      'lrwxrwxrwx 0/0               0 2024-01-01 00:00:00 etc/link -> hostname',
      '',
    ].join('\n'),
  );
});

test('the same entries are the same bytes', () => {
  expect(tarOf(entries).equals(tarOf(entries))).toBe(true);
});

test('a name that ustar cannot hold is refused', () => {
  expect(() => tarOf([file('x'.repeat(101), '')])).toThrow('too long for ustar');
});

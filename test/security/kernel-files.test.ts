/** The kernel's files inside: everything of /proc/sys and of the control groups is read-only, masks hold (CVE-2023-25809). */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const run = (script: string, ...flags: readonly string[]) =>
  tsrun(['run', '--rm', '--quiet', ...flags, busybox, 'sh', '-c', script], { env: home.env });

// Opening is enough, and a redirection is a built-in of the shell: a thousand files in a moment.
const openAll = (directories: string): string => `
find ${directories} -type f 2>/dev/null > /tmp/files
wc -l < /tmp/files
while read file; do ( : >> "$file" ) 2>/dev/null && echo "$file"; done < /tmp/files`;

describe('no file can be opened for writing', () => {
  for (const flags of [[], ['--network', 'host'], ['--pid', 'host']]) {
    test(`below /proc/sys${flags.length === 0 ? '' : ` with ${flags.join(' ')}`}`, async () => {
      const { stdout } = await run(openAll('/proc/sys /proc/fs /proc/irq /proc/bus'), ...flags);
      const [count, ...writable] = stdout.trim().split('\n');
      expect(Number(count)).toBeGreaterThan(100);
      expect(writable).toEqual([]);
    });
  }

  for (const flags of [[], ['--cgroupns', 'host']]) {
    test(`below /sys/fs/cgroup and in /sys/kernel${flags.length === 0 ? '' : ` with ${flags.join(' ')}`}`, async () => {
      const { stdout } = await run(openAll('/sys/fs/cgroup /sys/kernel /sys/power /sys/class/net/lo/'), ...flags);
      const [count, ...writable] = stdout.trim().split('\n');
      expect(Number(count)).toBeGreaterThan(10);
      expect(writable).toEqual([]);
    });
  }
});

test('no control group can be made, and no other than one’s own is seen', async () => {
  const { stdout } = await run('mkdir /sys/fs/cgroup/mine 2>/dev/null && echo made; cat /proc/self/cgroup | grep ^0:');
  expect(stdout).toBe('0::/\n');
});

test('no mount of /proc or /sys is writable but /proc itself, and none of version 1 of control groups', async () => {
  const { stdout } = await run(
    "awk '$5 ~ /^\\/(proc|sys)/ { print $5, substr($6, 1, 2), $(NF-2) }' /proc/self/mountinfo",
  );
  const mounts = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const writable = mounts.filter(([, access]) => access !== 'ro').map(([path = '']) => path);
  expect(writable.filter((path) => path !== '/proc' && !masked.has(path))).toEqual([]);
  expect(mounts.map(([, , type]) => type)).not.toContain('cgroup');
});

/** Single files are hidden by /dev/null, which anybody may write to. */
const masked = new Set([
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/timer_list',
  '/proc/timer_stats',
]);

test('what is masked is empty', async () => {
  const paths = [
    ...masked,
    '/proc/acpi',
    '/proc/asound',
    '/proc/scsi',
    '/sys/firmware',
    '/sys/devices/virtual/powercap',
  ];
  const script = `for path in ${paths.join(' ')}; do
    [ -e $path ] || continue
    if [ -d $path ]; then ls -A $path; ( : > $path/x ) 2>/dev/null && echo "made $path/x"; else head -c 1 $path; fi
  done`;
  const { stdout, stderr } = await run(script);
  expect(stdout + stderr).toBe('');
});

test('the host’s parameters are what they were', async () => {
  const files = ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname', '/proc/sys/kernel/randomize_va_space'];
  const before = files.map((path) => readFileSync(path, 'utf8'));
  await run(`for file in ${files.join(' ')}; do echo '|/tmp/evil' > $file; done`);
  expect(files.map((path) => readFileSync(path, 'utf8'))).toEqual(before);
});

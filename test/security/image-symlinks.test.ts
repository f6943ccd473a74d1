/**
 * Links of an image in the places where a runtime mounts, creates and hides (CVE-2025-31133, CVE-2025-52565,
 * CVE-2019-16884, CVE-2021-30465): whatever they point to, it is looked up inside.
 */
import { afterAll, describe, expect } from 'vitest';
import { directory, type Entry, symlink } from '../../rootfs-fixtures/entry.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal, tsrun } from '../support/tsrun.ts';
import { plantCanary } from './canary.ts';
import { hostileImage } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const canary = plantCanary(home);
const before = canary.fingerprint();

interface Place {
  readonly path: string;
  /** What of busybox's tree is in the way. */
  readonly without: string;
  /** What stands around it. */
  readonly around: readonly Entry[];
  /** The file or directory of the canary that it leads to. */
  readonly target: string;
}

const top = (name: string, target: string): Place => ({ path: name, without: name, around: [], target });
const below = (parent: string, name: string, target: string): Place => ({
  path: `${parent}/${name}`,
  without: parent === 'dev' ? parent : `${parent}/${name}`,
  around: parent === 'dev' ? [directory('dev')] : [],
  target,
});

const places: readonly Place[] = [
  top('dev', 'empty'),
  top('proc', 'empty'),
  top('sys', 'empty'),
  top('etc', 'etc'),
  top('tmp', 'empty'),
  top('run', 'empty'),
  below('dev', 'null', 'null'),
  below('dev', 'console', 'null'),
  below('dev', 'ptmx', 'null'),
  below('dev', 'pts', 'empty'),
  below('dev', 'shm', 'empty'),
  below('etc', 'passwd', 'etc/passwd'),
  below('etc', 'hosts', 'etc/hosts'),
  below('etc', 'hostname', 'etc/hosts'),
  below('etc', 'resolv.conf', 'missing'),
  below('etc', 'mtab', 'etc/hosts'),
];

const climbing = places.filter(({ path }) => ['dev', 'proc', 'etc', 'etc/passwd', 'etc/resolv.conf'].includes(path));

// Prints what would be wrong: a readable mask, a writable kernel file, a /dev/null that is none, the secret anywhere.
const inspect = `
[ -c /dev/null ] || echo "null is no device"
for file in /proc/kcore /proc/keys /proc/timer_list; do
  [ -z "$(head -c 1 $file 2>/dev/null)" ] || echo "$file is open"
done
[ -z "$(ls /sys/firmware 2>/dev/null)" ] || echo "firmware is open"
for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sysrq-trigger /sys/kernel/mm/ksm/run; do
  ( : >> $file ) 2>/dev/null && echo "$file can be written"
done
cat /etc/* 2>/dev/null | grep '${canary.secret}'
awk '$4 ~ /canary/' /proc/self/mountinfo 2>/dev/null
echo inspected
`;

for (const absolute of [true, false]) {
  describe(`a link ${absolute ? 'to an absolute path' : 'that climbs'}`, () => {
    for (const { path, without, around, target } of absolute ? places : climbing) {
      test(`at /${path} leads nowhere outside`, async () => {
        const to = absolute ? `${canary.path}/${target}` : `${'../'.repeat(8)}${canary.path.slice(1)}/${target}`;
        const image = hostileImage(home, 'links', { without: [without], layers: [[...around, symlink(path, to)]] });
        const { stdout, stderr, exitCode } = await tsrun(['run', '--rm', '--quiet', image, 'sh', '-c', inspect], {
          env: home.env,
        });
        // All is well inside, or a refusal in our words.
        if (exitCode !== 0) expect(stderr).toMatch(/^tsrun: cannot /);
        expect(stdout).toBe(exitCode === 0 ? 'inspected\n' : '');
        expect(canary.fingerprint()).toBe(before);
      });
    }
  });
}

describe('with a terminal', () => {
  for (const path of ['dev', 'dev/console', 'dev/ptmx', 'dev/pts']) {
    requires('terminal')(`a link at /${path} gets nothing mounted on it`, async () => {
      const { without, around, target } = places.find((place) => place.path === path) ?? top(path, 'null');
      const image = hostileImage(home, 'console', {
        without: [without],
        layers: [[...around, symlink(path, `${canary.path}/${target}`)]],
      });
      const running = startOnTerminal(
        ['run', '--rm', '--quiet', '-it', image, 'sh', '-c', 'tty; [ -c /dev/console ] && echo console'],
        { env: home.env },
      );
      const { stdout, exitCode } = await running.outcome;
      expect(stdout).toContain('console');
      expect(exitCode).toBe(0);
      expect(canary.fingerprint()).toBe(before);
    });
  }
});

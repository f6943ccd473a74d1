/** Links in the root of a bundle, where tsrun-oci mounts, makes, masks and reads (CVE-2025-31133, CVE-2025-52565, CVE-2019-19921). */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeBundle } from '../oci/bundle.ts';
import { makeHome } from '../support/home.ts';
import { plantCanary } from './canary.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const canary = plantCanary(home);
const before = canary.fingerprint();
const given = join(home.path, 'given');
writeFileSync(given, 'given\n');

/** What lies there in the root, and which part of the canary it leads to. */
const places = {
  dev: 'empty',
  proc: 'empty',
  sys: 'empty',
  tmp: 'empty',
  etc: 'etc',
  'dev/null': 'null',
  'dev/console': 'null',
  'dev/ptmx': 'null',
  'dev/pts': 'empty',
  'dev/shm': 'empty',
  'dev/mqueue': 'empty',
  'etc/passwd': 'etc/passwd',
  'etc/hosts': 'etc/hosts',
  work: 'missing',
  masked: 'bin',
} as const;

const inspect = `
[ -c /dev/null ] || echo "null is no device"
for file in /proc/kcore /proc/keys /proc/timer_list /masked/program; do
  [ -z "$(head -c 1 $file 2>/dev/null)" ] || echo "$file is open"
done
for file in /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do
  ( : >> $file ) 2>/dev/null && echo "$file can be written"
done
cat /etc/* 2>/dev/null | grep '${canary.secret}'
awk '$4 ~ /canary/' /proc/self/mountinfo 2>/dev/null
echo inspected
`;

describe.each([
  ['an absolute link', canary.path],
  ['a link that climbs', `${'../'.repeat(10)}${canary.path.slice(1)}`],
])('%s', (_, to) => {
  test.each(Object.entries(places))('at /%s leads nowhere outside', (place, target) => {
    const bundle = makeBundle(home.path);
    const path = join(bundle.rootfs, place);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(to, target), path);
    bundle.configure((config) => {
      config.process.args = ['sh', '-c', inspect];
      config.process.cwd = '/work';
      config.mounts.push(
        { destination: '/etc/hosts', source: given, options: ['bind'] },
        { destination: '/tmp/made/deep', type: 'tmpfs' },
      );
      (config.linux['maskedPaths'] as string[]).push('/masked');
    });
    const { stdout, stderr, status } = bundle.oci(['run', 'c']);
    // All is well inside, or a refusal in our words.
    if (status !== 0) expect(stderr).toMatch(/^tsrun-oci: cannot /m);
    expect(stdout).toBe(status === 0 ? 'inspected\n' : '');
    expect(canary.fingerprint()).toBe(before);
    bundle.oci(['delete', '--force', 'c']);
  });
});

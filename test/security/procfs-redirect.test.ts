/** Writes to procfs that land somewhere else, and a /proc that lies (CVE-2025-52881, CVE-2019-19921, CVE-2019-16884). */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { directory, file, symlink } from '../../rootfs-fixtures/entry.ts';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';
import { hostileImage } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const run = (...args: readonly string[]) => tsrun(['run', '--rm', '--quiet', ...args], { env: home.env });

/** A tree that looks like procfs to who does not look twice. */
const fake = join(home.path, 'fake-proc');
mkdirSync(join(fake, 'sys', 'net', 'ipv4'), { recursive: true });
mkdirSync(join(fake, 'self', 'attr'), { recursive: true });
writeFileSync(join(fake, 'sys', 'net', 'ipv4', 'ip_forward'), '7');
symlinkSync('/etc/passwd', join(fake, 'self', 'attr', 'exec'));

const parameter = '/proc/sys/net/ipv4/ip_forward';
const host = readFileSync(parameter, 'utf8');
const other = host.trim() === '1' ? '0' : '1';

describe('nothing is mounted over /proc', () => {
  const mounts = [
    ['-v', `${fake}:/proc`],
    ['-v', `${fake}/sys:/proc/sys`],
    ['-v', `${fake}:/x/../proc`],
    ['-v', `${fake}:/proc/self`],
    ['--mount', `type=bind,source=${fake},target=/proc/`],
    ['--tmpfs', '/proc'],
    ['--tmpfs', '/proc/sys/net'],
  ];
  for (const [flag = '', value = ''] of mounts) {
    test(`${flag} ${value.replace(home.path, '')} is refused`, async () => {
      const { stderr, exitCode } = await run(flag, value, busybox, 'true');
      expect(exitCode).toBe(125);
      expect(stderr).toContain('/proc has to be the real one');
    });
  }

  for (const volume of ['/proc', '/proc/sys', '/sys', '/dev', '/dev/../proc', '//proc//']) {
    test(`an image’s volume ${volume} leaves the kernel’s own filesystem there, with --read-only too`, async () => {
      const image = hostileImage(home, 'volume', { config: { Volumes: { [volume]: {} } } });
      for (const flags of [[], ['--read-only']]) {
        const script =
          'stat -f -c %T /proc /sys /proc/sys; [ -c /dev/null ] && echo device; cut -d" " -f1 /proc/1/stat';
        const { stdout } = await run(...flags, image, 'sh', '-c', script);
        expect(stdout).toBe('proc\nsysfs\nproc\ndevice\n1\n');
      }
    });
  }

  test('a link in the place of /proc/sys’ parent does not move it', async () => {
    const image = hostileImage(home, 'moved', {
      without: ['proc'],
      layers: [[directory('elsewhere'), symlink('proc', 'elsewhere')]],
    });
    const script = 'stat -f -c %T /proc /elsewhere; ( : >> /proc/sys/kernel/core_pattern ) 2>/dev/null || echo kept';
    expect((await run(image, 'sh', '-c', script)).stdout).toBe('proc\nproc\nkept\n');
  });
});

describe('a kernel parameter', () => {
  test('is set in the container’s namespace and not in the host’s', async () => {
    const { stdout } = await run('--sysctl', `net.ipv4.ip_forward=${other}`, busybox, 'cat', parameter);
    expect(stdout.trim()).toBe(other);
    expect(readFileSync(parameter, 'utf8')).toBe(host);
  });

  test('reaches the kernel whatever the image has at /proc', async () => {
    const layer = [directory('fake'), directory('fake/sys'), file('fake/sys/decoy', ''), symlink('proc', 'fake')];
    const image = hostileImage(home, 'decoy', { without: ['proc'], layers: [layer] });
    const { stdout } = await run('--sysctl', `net.ipv4.ip_forward=${other}`, image, 'cat', parameter);
    expect(stdout.trim()).toBe(other);
    expect(readFileSync(parameter, 'utf8')).toBe(host);
  });

  for (const name of [
    'net/../kernel/core_pattern',
    'net.ipv4/../../kernel/core_pattern',
    '../sysrq-trigger',
    'kernel.core_pattern',
    'vm.swappiness',
    'net..ipv4',
    '/etc/passwd',
  ]) {
    test(`named ${JSON.stringify(name)} is refused`, async () => {
      const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
      expect((await run('--sysctl', `${name}=x`, busybox, 'true')).exitCode).toBe(125);
      expect(readFileSync('/proc/sys/kernel/core_pattern', 'utf8')).toBe(pattern);
    });
  }
});

/** What a container of the document of `spec` sees of the kernel and of control groups, and what it may write there (CVE-2023-25809, CVE-2022-0492). */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { type MutableConfig, makeBundle } from '../oci/bundle.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

const capable = ['CAP_SYS_ADMIN', 'CAP_DAC_OVERRIDE', 'CAP_NET_ADMIN'];

/** Standard output of a script, as root of the container with rights that a person may give it. */
function say(script: string, change: (config: MutableConfig) => void = () => {}): string {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sh', '-c', script];
    change(config);
  });
  const { stdout, status } = bundle.oci(['run', 'c']);
  bundle.oci(['delete', '--force', 'c']);
  expect(status).toBe(0);
  return stdout;
}

const writable = `busybox find /proc/sys /sys /proc/bus /proc/fs /proc/irq /proc/sysrq-trigger -type f 2>/dev/null |
  while read -r file; do ( : >> $file ) 2>/dev/null && echo $file; done; echo end`;

describe.each([
  ['with no more rights than the document gives', () => {}],
  [
    'with no rights at all',
    (config: MutableConfig) => {
      config.process['capabilities'] = {};
    },
  ],
  [
    'with CAP_DAC_OVERRIDE',
    (config: MutableConfig) => {
      config.process['capabilities'] = {
        bounding: capable.slice(1),
        effective: capable.slice(1),
        permitted: capable.slice(1),
      };
    },
  ],
] as const)('%s', (_, change) => {
  test('no file of the kernel can be written', () => expect(say(writable, change)).toBe('end\n'));
});

describe('control groups', () => {
  const look =
    'cat /proc/self/cgroup | grep ^0; busybox find /sys/fs/cgroup -name cgroup.procs | wc -l; if mkdir /sys/fs/cgroup/x 2>/dev/null; then echo made; fi';
  const without = (config: MutableConfig): void => {
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'cgroup');
  };

  // An ordinary user's container may have no group of its own, and sees what the user does.
  requires('root')('are its own alone, and none can be made', () => {
    const [own = '', groups = '', ...rest] = say(look).trim().split('\n');
    expect(own).toBe('0::/');
    expect(Number(groups)).toBeLessThanOrEqual(1);
    expect(rest).toEqual([]);
  });

  test('are its own alone without a namespace of them, too', () => {
    const [, groups = '', ...rest] = say(look, without).trim().split('\n');
    expect(Number(groups)).toBeLessThanOrEqual(1);
    expect(rest).toEqual([]);
  });

  test('and everything else below /sys is mounted read-only, and nothing of version 1', () => {
    const mounts = say('cat /proc/self/mountinfo')
      .trim()
      .split('\n')
      .map((line) => ({
        at: line.split(' ')[4] ?? '',
        options: line.split(' ')[5]?.split(',') ?? [],
        type: line.split(' - ')[1]?.split(' ')[0],
      }));
    // What lies under a later mount cannot be reached.
    const isCovered = (at: string, index: number): boolean =>
      mounts.slice(index + 1).some((later) => at === later.at || at.startsWith(`${later.at}/`));
    const kernels = mounts.filter(({ at }, index) => /^\/sys(\/|$)/.test(at) && !isCovered(at, index));
    expect(kernels.length).toBeGreaterThan(0);
    // An ordinary user's /sys is the host's, with what the host has mounted in it (tracefs): that is as much theirs as before, and
    // `ro` of a recursive bind is about the first mount alone, runtime-spec config.md.
    const hosts = process.getuid?.() === 0 ? '' : readFileSync('/proc/self/mountinfo', 'utf8');
    const isOurs = (at: string): boolean => at === '/sys' || !hosts.includes(` ${at} `);
    for (const { at, options } of kernels.filter(({ at }) => isOurs(at))) {
      expect([at, options.includes('ro')]).toEqual([at, true]);
    }
    expect(kernels.filter(({ type }) => type === 'cgroup')).toEqual([]);
  });
});

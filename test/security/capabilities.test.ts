/** Capabilities that a container holds, drops and could win back (CVE-2022-29162, CVE-2022-24769). */
import { afterAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';
import { hostileImage, program } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const image = hostileImage(home, 'capabilities', { layers: [[program(home, 'who', 0o4755)]] });
const run = (...args: readonly string[]) => tsrun(['run', '--rm', '--quiet', ...args], { env: home.env });

/** linux/capability.h: chown dac_override fowner fsetid kill setgid setuid setpcap net_bind net_raw chroot mknod audit_write setfcap. */
const fourteen = [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31].reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n);

async function sets(...flags: readonly string[]): Promise<Readonly<Record<string, bigint>>> {
  const { stdout, stderr } = await run(...flags, image, 'grep', '^Cap', '/proc/self/status');
  if (stdout === '') throw new Error(stderr);
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, 6), BigInt(`0x${line.slice(8)}`)]),
  );
}

const holding = (mask: bigint) => ({ CapInh: 0n, CapPrm: mask, CapEff: mask, CapBnd: mask, CapAmb: 0n });

describe('root of a container holds', () => {
  test('docker’s fourteen', async () => expect(await sets()).toEqual(holding(fourteen)));
  test('the same below --init', async () => expect(await sets('--init')).toEqual(holding(fourteen)));
  test('nothing with --cap-drop ALL', async () => expect(await sets('--cap-drop', 'ALL')).toEqual(holding(0n)));
  test('one with --cap-drop ALL --cap-add CHOWN', async () =>
    expect(await sets('--cap-drop', 'ALL', '--cap-add', 'CHOWN')).toEqual(holding(1n)));
  test('one more with --cap-add SYS_ADMIN', async () =>
    expect(await sets('--cap-add', 'CAP_SYS_ADMIN')).toEqual(holding(fourteen | (1n << 21n))));
  test('all that there are with --privileged', async () => {
    const { CapEff = 0n, CapBnd, CapInh } = await sets('--privileged');
    expect(CapBnd).toBe(CapEff);
    expect(CapInh).toBe(0n);
    expect(CapEff & fourteen).toBe(fourteen);
    // SYS_ADMIN and SYS_PTRACE, which the fourteen lack.
    expect(CapEff & ((1n << 21n) | (1n << 19n))).toBe((1n << 21n) | (1n << 19n));
  });
});

describe('a user that is not root', () => {
  test('holds nothing, --privileged or not', async () => {
    for (const flags of [[], ['--privileged']]) {
      const { CapPrm, CapEff, CapInh, CapAmb } = await sets(...flags, '-u', '1000:1000');
      expect([CapPrm, CapEff, CapInh, CapAmb]).toEqual([0n, 0n, 0n, 0n]);
    }
  });

  test('wins nothing by a set-user-ID program of the image', async () => {
    expect((await run('-u', '1000:1000', image, 'who')).stdout).toBe('uid 1000 euid 1000\n');
  });

  test('becomes root by one when no_new_privs is switched off, within the bounding set', async () => {
    const flags = ['--security-opt', 'no-new-privileges=false', '-u', '1000:1000'];
    expect((await run(...flags, image, 'who')).stdout).toBe('uid 1000 euid 0\n');
    expect((await sets(...flags, '--cap-drop', 'ALL'))['CapBnd']).toBe(0n);
  });
});

describe('--privileged gives what it says', () => {
  const script =
    'mount -t tmpfs none /mnt && echo mounted; ( : >> /proc/sys/net/ipv4/ip_forward ) && echo writable; grep Seccomp: /proc/self/status';
  test('mounts and writable kernel files', async () => {
    const { stdout } = await run('--privileged', fixture('busybox.tar'), 'sh', '-c', `mkdir /mnt; ${script}`);
    expect(stdout).toBe('mounted\nwritable\nSeccomp:\t0\n');
  });

  test('and without it none of that', async () => {
    const { stdout } = await run(fixture('busybox.tar'), 'sh', '-c', `mkdir /mnt; ${script}`);
    expect(stdout).toBe('Seccomp:\t2\n');
  });
});

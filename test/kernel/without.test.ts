/** What each part of a container buys: the observation that changes when it is left out. */
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
const marker = join(home.path, 'marker');
beforeAll(() => writeFileSync(marker, 'of the host'));
afterAll(() => home[Symbol.dispose]());
const test = requires();
const asRoot = requires('root');
const asUser = requires('rootless');
const busybox = fixture('busybox.tar');
const run = (...args: readonly string[]) => tsrun(['run', '-q', ...args], { env: home.env });

/** What a script prints with everything, and without one part. */
async function both(part: string, script: string, ...flags: readonly string[]) {
  const withIt = await run(...flags, busybox, 'sh', '-c', script);
  const without = await run('--without', part, ...flags, busybox, 'sh', '-c', script);
  return { with: withIt.stdout.trim(), without: (without.stdout || without.stderr).trim(), exitCode: without.exitCode };
}

const own = (namespace: string): string => readlinkSync(`/proc/self/ns/${namespace}`);

describe('--without', () => {
  test('pid: the processes of the host are visible', async () => {
    const seen = await both('pid', `echo $$; ls -d /proc/${process.pid} 2>/dev/null`);
    expect(seen.with).toBe('1');
    expect(seen.without).toMatch(new RegExp(`^[1-9]\\d+\n/proc/${process.pid}$`));
  });

  test('pid: processes that the command leaves behind end with it all the same', async () => {
    const script = 'sleep 1000 >/dev/null 2>&1 & echo $!; (sleep 1000 >/dev/null 2>&1 & echo $!)';
    const { stdout } = await run('--without', 'pid', busybox, 'sh', '-c', script);
    const pids = stdout.trim().split('\n');
    expect(pids).toHaveLength(2);
    for (const pid of pids) expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  test('network: the interfaces of the host are visible', async () => {
    const seen = await both('network', 'ls /sys/class/net');
    expect(seen.with).toBe('lo');
    expect(seen.without.split('\n').sort()).toEqual(readdirSync('/sys/class/net').sort());
  });

  test("uts: the host name is the host's, and stays as it is", async () => {
    const before = hostname();
    const seen = await both('uts', 'hostname; readlink /proc/self/ns/uts');
    expect(seen.with).toMatch(/^[0-9a-f]{12}\n/);
    expect(seen.without).toBe(`${before}\n${own('uts')}`);
    expect(hostname()).toBe(before);
  });

  test('ipc: shared memory of the host is reached', async () => {
    const seen = await both('ipc', 'readlink /proc/self/ns/ipc');
    expect(seen.with).not.toBe(own('ipc'));
    expect(seen.without).toBe(own('ipc'));
  });

  test("cgroup: the path in the host's hierarchy shows", async () => {
    const seen = await both('cgroup', 'readlink /proc/self/ns/cgroup; grep "^0::" /proc/self/cgroup');
    expect(seen.with).toMatch(/\n0::\/$/);
    expect(seen.without).toContain(own('cgroup'));
  });

  asRoot("cgroup: the path is that of tsrun's group", async () => {
    const seen = await both('cgroup', 'grep "^0::" /proc/self/cgroup');
    // Without a cgroup2 hierarchy to write to, everybody is in its root.
    expect(seen.without).toMatch(/^0::\/(.*\/)?(tsrun\/[0-9a-f]{64})?$/);
  });

  asRoot("user: ids are the host's", async () => {
    const seen = await both('user', 'cat /proc/self/uid_map; readlink /proc/self/ns/user', '--userns', 'private');
    expect(seen.with).not.toContain(own('user'));
    expect(seen.without).toContain(own('user'));
  });

  asUser('user: an ordinary user needs it', async () => {
    const { stderr, exitCode } = await run('--without', 'user', busybox, 'true');
    expect(stderr).toContain('an ordinary user may make the other namespaces only inside a user namespace');
    expect(exitCode).toBe(125);
  });

  test("time: clocks are the host's", async () => {
    const seen = await both('time', 'readlink /proc/self/ns/time', '--time-offset', 'boottime=86400');
    expect(seen.with).not.toBe(own('time'));
    expect(seen.without).toBe(own('time'));
  });

  test('mount: is refused, because the host would be changed', async () => {
    const { stderr, exitCode } = await run('--without', 'mount', busybox, 'true');
    expect(stderr).toContain('every mount of the container would be made on the host');
    expect(exitCode).toBe(125);
  });

  test('overlay: all share one directory, so nobody may write', async () => {
    const seen = await both('overlay', 'touch /x 2>/dev/null && echo written; grep " / " /proc/mounts | cut -d" " -f3');
    expect(seen.with).toBe('written\noverlay');
    expect(seen.without).not.toMatch(/written|overlay/);
    expect(seen.exitCode).toBe(0);
  });

  test('overlay: what the image has no place for is left out, and named', async () => {
    const { stderr, exitCode } = await tsrun(['run', '--without', 'overlay', busybox, 'true'], { env: home.env });
    expect(stderr).toMatch(/cannot bind ".*hosts" at "\/etc\/hosts", which is left out: .*read-only/);
    expect(exitCode).toBe(0);
  });

  test('overlay: several layers cannot be put together', async () => {
    const { stderr, exitCode } = await run('--without', 'overlay', fixture('layers.tar'), 'true');
    expect(stderr).toContain('overlay is what puts them together');
    expect(exitCode).toBe(125);
  });

  test('seccomp: no filter is asked', async () => {
    expect(await both('seccomp', 'grep "^Seccomp:" /proc/self/status')).toMatchObject({
      with: 'Seccomp:\t2',
      without: 'Seccomp:\t0',
    });
  });

  test('caps: root has all of its power', async () => {
    const seen = await both('caps', 'sed -n "s/^CapEff:.//p" /proc/self/status');
    const extra = BigInt(`0x${seen.without}`) & ~BigInt(`0x${seen.with}`);
    // CAP_SYS_ADMIN is 21, CAP_NET_ADMIN 12.
    expect(extra & ((1n << 21n) | (1n << 12n))).toBe((1n << 21n) | (1n << 12n));
  });

  test('no-new-privileges: exec may add rights', async () => {
    expect(await both('no-new-privileges', 'grep NoNewPrivs /proc/self/status')).toMatchObject({
      with: 'NoNewPrivs:\t1',
      without: 'NoNewPrivs:\t0',
    });
  });

  test('masks: /proc tells of the host', async () => {
    const seen = await both('masks', 'wc -c < /proc/interrupts; grep -c " /proc/sys proc ro" /proc/mounts');
    expect(seen.with).toBe('0\n1');
    expect(seen.without).toMatch(/^[1-9]\d*\n0$/);
  });

  test('cgroup-limits: what was asked for is not set', async () => {
    const { stdout, exitCode } = await run(
      ...['--without', 'cgroup-limits', '-m', '64m', busybox, 'sh', '-c'],
      'cat /sys/fs/cgroup/memory.max 2>/dev/null; echo done',
    );
    expect(stdout).toMatch(/^(max\n)?done\n$/);
    expect(exitCode).toBe(0);
  });

  test('a part that does not exist is refused with the nearest name', async () => {
    const { stderr, exitCode } = await run('--without', 'pids', busybox, 'true');
    expect(stderr).toContain('did you mean "pid"?');
    expect(exitCode).toBe(125);
  });
});

describe('--without pivot-root', () => {
  // A process with CAP_SYS_ADMIN enters its own mount namespace anew, and is at that namespace's root.
  const atTheRoot = (command: string): string => `nsenter --mount=/proc/self/ns/mnt /bin/sh -c '${command}' 2>&1`;

  test('the root of the host is one call away', async () => {
    const seen = await both('pivot-root', atTheRoot(`cat ${marker}`), '--cap-add', 'SYS_ADMIN');
    expect(seen.with).toContain('No such file');
    expect(seen.without).toBe('of the host');
  });

  test('what is reached there cannot be changed', async () => {
    const seen = await both('pivot-root', atTheRoot(`echo harm > ${marker}`), '--cap-add', 'SYS_ADMIN');
    expect(seen.without).toMatch(/Read-only file system/i);
    expect(readFileSync(marker, 'utf8')).toBe('of the host');
  });

  test("the container's own files can be written, and its /proc is its own", async () => {
    const { stdout, exitCode } = await run(
      ...['--without', 'pivot-root', '--tmpfs', '/cache', '-v', `${home.path}:/data`, busybox, 'sh', '-c'],
      'echo x > /x && echo x > /cache/x && echo x > /data/x && echo $$ && ls /proc/1/comm',
    );
    expect(stdout).toBe('1\n/proc/1/comm\n');
    expect(exitCode).toBe(0);
  });
});

/** Each limit, shown by a process that tries to exceed it. */
import { readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const programs = fixture('programs.tar');
const run = (...args: readonly string[]) => tsrun(['run', '--rm', ...args], { env: home.env });
const inside = (script: string, ...flags: readonly string[]) => run(...flags, programs, 'sh', '-c', script);
const cgroupFile = (name: string, ...flags: readonly string[]) => inside(`cat /sys/fs/cgroup/${name}`, ...flags);

describe('memory', () => {
  const test = requires('cgroup-v2-memory');
  test('a process that takes more than -m is killed', async () => {
    const { stdout, exitCode } = await run('-m', '64m', programs, 'eat-memory', '200');
    const most = Number(stdout.trim().split('\n').at(-1));
    expect(exitCode).toBe(137);
    expect(most).toBeGreaterThan(40);
    expect(most).toBeLessThanOrEqual(64);
  });

  test('swap is limited to as much again, as in docker', async () => {
    const { stdout } = await inside('cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory.swap.max', '-m', '64m');
    expect(stdout).toBe('67108864\n67108864\n');
  });

  test('--memory-reservation is memory.low', async () => {
    expect((await cgroupFile('memory.low', '--memory-reservation', '32m')).stdout).toBe('33554432\n');
  });
});

describe('pids', () => {
  const test = requires('cgroup-v2-pids');
  test('fork fails beyond --pids-limit', async () => {
    const { stdout } = await run('--pids-limit', '20', programs, 'eat-pids', '100');
    const [, children, errno] = /^children (\d+) errno (\d+)$/m.exec(stdout) ?? [];
    expect(Number(children)).toBeLessThan(20);
    expect(errno).toBe('11'); // EAGAIN
  });

  test('there is a limit when nobody asks', async () => {
    expect((await cgroupFile('pids.max')).stdout).toBe('2048\n');
  });
});

describe('cpu', () => {
  const test = requires('cgroup-v2-cpu');
  test('--cpus holds a spinning process back', async () => {
    const { stdout } = await run('--cpus', '0.25', programs, 'eat-cpu', '2', '3000');
    // A quarter of three seconds, and one period of 100 ms for each end.
    expect(Number(stdout)).toBeGreaterThan(400);
    expect(Number(stdout)).toBeLessThan(1000);
  });

  test('--cpu-shares becomes cpu.weight', async () => {
    expect((await cgroupFile('cpu.weight', '--cpu-shares', '1024')).stdout).toBe('100\n');
  });
});

describe('cpuset', () => {
  const test = requires('cgroup-v2-cpuset');
  test('--cpuset-cpus keeps all threads on the named processors', async () => {
    const { stdout } = await inside('grep Cpus_allowed_list /proc/self/status', '--cpuset-cpus', '1');
    expect(stdout).toBe('Cpus_allowed_list:\t1\n');
  });

  test('a processor that is not there is refused', async () => {
    const { exitCode, stderr } = await inside('true', '--cpuset-cpus', '63');
    expect(exitCode).toBe(125);
    expect(stderr).toContain('cpuset.cpus');
  });
});

describe('io', () => {
  const test = requires('cgroup-v2-io', 'root');
  // The store lies on the disk whose rate is limited.
  const disk = () => {
    const { dev } = statSync(home.path);
    return `/dev/${basename(readlinkSync(`/sys/dev/block/${dev >> 8}:${dev & 0xff}`))}`;
  };
  // A MiB at a time, past the page cache; what a limit lets pass at once is not waited for.
  const write = 'eat-io write /file 8';
  const read = `${write} > /dev/null; eat-io read /file 8`;
  for (const [flag, rate, script] of [
    ['--device-write-bps', '2mb', write],
    ['--device-read-bps', '2mb', read],
    ['--device-write-iops', '2', write],
    ['--device-read-iops', '2', read],
  ] as const) {
    test(`${flag} holds a process back that goes beyond`, async () => {
      const { stdout, stderr } = await inside(script, flag, `${disk()}:${rate}`);
      expect(stderr).toBe('');
      expect(Number(stdout)).toBeGreaterThan(2500);
    });
  }
});

describe('files of cgroup v2 by name', () => {
  const test = requires('cgroup-v2-memory');
  test('--cgroup-conf sets them', async () => {
    expect((await cgroupFile('memory.high', '--cgroup-conf', 'memory.high=50331648')).stdout).toBe('50331648\n');
  });
});

describe('the view from inside', () => {
  const test = requires('cgroup-v2');
  test('is read-only and its root is the container’s own group', async () => {
    const { stdout, stderr, exitCode } = await inside(
      'cat /proc/self/cgroup | tail -1; echo 1 > /sys/fs/cgroup/cgroup.freeze',
    );
    expect(stdout).toBe('0::/\n');
    expect(stderr).toContain('Read-only file system');
    expect(exitCode).toBe(1);
  });
});

describe('without a controller', () => {
  const test = requires('without-memory-controller');
  test('a limit that was asked for is refused, and says where the controller is', async () => {
    const { exitCode, stderr } = await inside('true', '-m', '64m');
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/memory/);
    expect(stderr).toMatch(/cgroup v1 at|cgroup v2 is not mounted|delegated/);
  });

  test('--limits=best-effort runs and says what is not in force', async () => {
    const { exitCode, stderr } = await inside('true', '-m', '64m', '--limits=best-effort');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('memory.max');
  });
});

describe('resource limits', () => {
  requires()('--ulimit lowers', async () => {
    expect((await inside('ulimit -n', '--ulimit', 'nofile=64:128')).stdout).toBe('64\n');
  });

  requires('cap-sys-resource', 'root')('--ulimit raises', async () => {
    expect((await inside('ulimit -n', '--ulimit', 'nofile=1000000:1000000')).stdout).toBe('1000000\n');
  });

  // Nobody inside may raise one: the monitor has made room before.
  requires('cap-sys-resource', 'root')('--ulimit raises in a user namespace too, for an ordinary user', async () => {
    const flags = ['--userns', 'private', '-u', '1000', '--ulimit', 'nofile=1000000:1000001'];
    expect((await inside('ulimit -n; ulimit -H -n', ...flags)).stdout).toBe('1000000\n1000001\n');
  });

  // Init itself needs files and memory: none of that is the command's to pay for.
  // By the letter of the shell's builtin, which opens nothing, and in its unit.
  const narrow = [
    ['nofile=10:20', 'n', 10, 20],
    ['nofile=3', 'n', 3, 3],
    ['nofile=0', 'n', 0, 0],
    ['fsize=0', 'f', 0, 0],
    ['as=16777216', 'v', 16_384, 16_384],
    ['data=4194304', 'd', 4096, 4096],
    ['stack=262144', 's', 256, 256],
    ['nproc=1', 'u', 1, 1],
    ['memlock=0', 'l', 0, 0],
  ] as const;
  for (const [limit, letter, soft, hard] of narrow) {
    requires()(`--ulimit ${limit} is what the command has, and not in the way of its start`, async () => {
      const script = `ulimit -S -${letter}; ulimit -H -${letter}`;
      const { stdout, stderr, exitCode } = await inside(script, '--ulimit', limit);
      expect({ stdout, stderr, exitCode }).toEqual({ stdout: `${soft}\n${hard}\n`, stderr: '', exitCode: 0 });
    });
  }

  requires()('--ulimit nofile=3 leaves --init, a user and a working directory as they are', async () => {
    const flags = ['--init', '-u', '1000', '-w', '/tmp', '--ulimit', 'nofile=3', '--ulimit', 'fsize=0'];
    const { stdout, stderr, exitCode } = await run(...flags, programs, 'sh', '-c', 'ulimit -n; id -u; pwd');
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: '3\n1000\n/tmp\n', stderr: '', exitCode: 0 });
  });

  requires()('a command that is missing is explained under --ulimit nofile=1 as well', async () => {
    const { stderr, exitCode } = await run('--ulimit', 'nofile=1', programs, 'eat-memor');
    expect(stderr).toContain('"eat-memory"');
    expect(exitCode).toBe(127);
  });

  requires()('--ulimit is set without no_new_privs too, before the filter and before the user changes', async () => {
    const flags = ['--security-opt', 'no-new-privileges=false', '-u', '1000', '--ulimit', 'nofile=3'];
    const { stdout, stderr } = await run(...flags, programs, 'sh', '-c', 'ulimit -n; id -u');
    expect({ stdout, stderr }).toEqual({ stdout: '3\n1000\n', stderr: '' });
  });

  requires('root')('--oom-score-adj is set', async () => {
    expect((await inside('cat /proc/self/oom_score_adj', '--oom-score-adj', '500')).stdout).toBe('500\n');
  });
});

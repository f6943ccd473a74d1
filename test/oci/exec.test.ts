import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { probeCgroupHost } from '../../src/cgroup/host.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { makeBundle, type TestBundle } from './bundle.ts';
import { tsrunOciPath } from './tsrun-oci.ts';

const home = makeHome();
let bundle: TestBundle;
beforeAll(() => {
  bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.process.env = ['PATH=/bin'];
  });
  expect(bundle.oci(['run', '--detach', 'c'])).toMatchObject({ stderr: '', status: 0 });
});
afterAll(() => {
  bundle.oci(['delete', '--force', 'c']);
  home[Symbol.dispose]();
});

const exec = (...args: string[]): ReturnType<TestBundle['oci']> => bundle.oci(['exec', ...args]);

describe('exec', () => {
  test('sees what PID 1 sees, and gives the status of the command', () => {
    expect(exec('c', 'sh', '-c', 'cat /proc/1/comm; exit 5')).toEqual({ stdout: 'sleep\n', stderr: '', status: 5 });
  });

  test("flags behind the id are its own, those behind the command are the command's", () => {
    const said = exec('c', '--env', 'A=b', '--cwd', '/tmp', 'sh', '-c', 'echo $A $HOME; pwd', '-x');
    expect(said).toEqual({ stdout: 'b /root\n/tmp\n', stderr: '', status: 0 });
  });

  test('a process.json says all of it', () => {
    const file = join(bundle.path, 'process.json');
    writeFileSync(
      file,
      JSON.stringify({
        args: ['sh', '-c', 'echo $A; umask'],
        env: ['PATH=/bin', 'A=c'],
        cwd: '/',
        user: { uid: 0, gid: 0, umask: 63 },
      }),
    );
    expect(exec('--process', file, 'c')).toEqual({ stdout: 'c\n0077\n', stderr: '', status: 0 });
  });

  test('limits of a process are its own, and not in the way of its start', () => {
    const file = join(bundle.path, 'process.json');
    const rlimits = [
      { type: 'RLIMIT_NOFILE', soft: 3, hard: 10 },
      { type: 'RLIMIT_AS', soft: 16_777_216, hard: 16_777_216 },
    ];
    const args = ['sh', '-c', 'ulimit -n; ulimit -H -n; ulimit -v'];
    writeFileSync(file, JSON.stringify({ args, env: ['PATH=/bin'], cwd: '/tmp', user: { uid: 0, gid: 0 }, rlimits }));
    expect(exec('--process', file, 'c')).toEqual({ stdout: '3\n10\n16384\n', stderr: '', status: 0 });
  });

  test('--detach comes back at once, with the pid written', () => {
    expect(exec('--detach', '--pid-file', join(bundle.path, 'pid'), 'c', 'sleep', '999')).toMatchObject({
      stderr: '',
      status: 0,
    });
    const pid = readFileSync(join(bundle.path, 'pid'), 'utf8');
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBe('sleep\x00999\x00');
    process.kill(Number(pid), 'SIGKILL');
  });

  test('a command that is not there: 255, and the words that clients know', () => {
    const said = exec('c', 'nosuch');
    expect(said.status).toBe(255);
    expect(said.stderr).toContain('executable file not found in $PATH');
  });

  test("capabilities are the container's", () => {
    const said = exec('c', 'grep', 'CapEff', '/proc/self/status');
    // CAP_AUDIT_WRITE, CAP_KILL and CAP_NET_BIND_SERVICE, as in the document of spec.
    expect(said.stdout).toBe('CapEff:\t0000000020000420\n');
  });

  test('nothing of the runtime is open in the command', () => {
    const said = exec('c', 'sh', '-c', 'ls /proc/self/fd');
    // 3 is the directory that ls reads.
    expect(said.stdout).toBe('0\n1\n2\n3\n');
  });

  // CVE-2024-21626: /proc/self/fd/N is a way to whatever the caller has open.
  test('a working directory of the host, by a descriptor that is handed on, is refused', () => {
    writeFileSync(join(home.path, 'secret'), 'of the host');
    const directory = openSync(home.path, 'r');
    try {
      const args = [
        '--root',
        bundle.root,
        'exec',
        '--preserve-fds',
        '1',
        '--cwd',
        '/proc/self/fd/3',
        'c',
        'cat',
        'secret',
      ];
      const said = spawnSync(tsrunOciPath, args, { stdio: ['ignore', 'pipe', 'pipe', directory], encoding: 'utf8' });
      expect(said.stdout).toBe('');
      expect(said.stderr).toContain('it is outside the container');
      expect(said.status).not.toBe(0);
    } finally {
      closeSync(directory);
    }
  });

  test('a flag whose value is wrong is named, with the one that was meant', () => {
    expect(exec('--cap', 'net_raw', 'c', 'true')).toEqual({
      stdout: '',
      stderr:
        'tsrun-oci: --cap cannot be "net_raw"\n  it is the name of a capability, as in capabilities(7)\n  hint: did you mean CAP_NET_RAW?\n',
      status: 255,
    });
    expect(exec('--user', 'user', 'c', 'true').stderr).toContain('--user cannot be "user"');
  });

  requires('root', 'cgroup-v2')('goes into a group below the container’s by --cgroup, which has to be there', () => {
    const { pid } = JSON.parse(bundle.oci(['state', 'c']).stdout) as { pid: number };
    const host = probeCgroupHost('root');
    const own = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';
    const group = join(host.type === 'available' ? host.mount : '', own);
    mkdirSync(join(group, 'below'));
    const inside = exec('--cgroup', 'below', 'c', 'cat', '/proc/self/cgroup');
    expect(inside).toMatchObject({ stderr: '', status: 0 });
    expect(inside.stdout).toMatch(/\/below\n$/);
    rmdirSync(join(group, 'below'));
    const refused = exec('--cgroup', '../below', 'c', 'true');
    expect(refused.status).toBe(255);
    expect(refused.stderr).toContain(`cannot use --cgroup ../below\n  there is no group "${group}/below"`);
  });

  test.skipIf(availableParallelism() < 2)('runs on the processors of its document, or where its start ran', () => {
    const file = join(bundle.path, 'process.json');
    const allowed = (execCPUAffinity: object): string => {
      const args = ['grep', 'Cpus_allowed_list', '/proc/self/status'];
      const process = { args, env: ['PATH=/bin'], cwd: '/', user: { uid: 0, gid: 0 }, execCPUAffinity };
      writeFileSync(file, JSON.stringify(process));
      const { stdout, stderr } = exec('--process', file, 'c');
      return stderr === '' ? stdout.replace(/^.*:\t/, '').trim() : stderr;
    };
    expect(allowed({ initial: '1', final: '0' })).toBe('0');
    expect(allowed({ final: '1' })).toBe('1');
    // Where the group has processors of its own, the kernel gives it those.
    expect([allowed({ initial: '1' }), allowed({})]).toContain(allowed({ initial: '1', final: '' }));
    expect(allowed({ initial: '8191' })).toContain('cannot run on the processors 8191');
    expect(allowed({ final: '8191' })).toContain('there are no such processors');
  });

  test('a container that is not there', () => {
    expect(exec('nosuch', 'true')).toMatchObject({ status: 255 });
  });
});

describe('ps', () => {
  test('lists ids as JSON', () => {
    const { pid } = JSON.parse(bundle.oci(['state', 'c']).stdout);
    expect(JSON.parse(bundle.oci(['ps', '--format', 'json', 'c']).stdout)).toContain(pid);
  });

  // The same options as docker's and podman's top.
  test("hands what is behind the id to the machine's ps, flags too", () => {
    const lines = (...options: string[]): string[] =>
      bundle
        .oci(['ps', 'c', ...options])
        .stdout.trimEnd()
        .split('\n');
    expect(lines('-e', '-o', 'pid,args')).toEqual([
      expect.stringMatching(/^ *PID COMMAND$/),
      expect.stringMatching(/^ *\d+ sleep 1000$/),
    ]);
    expect(lines('--', '-e', '-o', 'pid=PID,args')).toHaveLength(2);
    expect(lines('-ef')).toEqual(lines());
  });
});

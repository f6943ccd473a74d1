import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { makeBundle, type TestBundle } from './bundle.ts';
import { tsrunOci, tsrunOciPath } from './tsrun-oci.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** A container that has its own bundle and writes to files of its root. */
function bundleFor(script: string): TestBundle {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sh', '-c', script];
    config.annotations = { 'org.example.who': 'test' };
  });
  return bundle;
}

const ok = { stderr: '', status: 0 };
const status = (bundle: TestBundle): string => JSON.parse(bundle.oci(['state', 'c']).stdout).status;
/** Its process dies a little later than `kill` returns, and `delete` refuses until then. */
function deleteWhenStopped(bundle: TestBundle): void {
  const deadline = Date.now() + 120_000;
  while (bundle.oci(['delete', 'c']).status !== 0 && Date.now() < deadline);
  expect(bundle.oci(['state', 'c']).stderr).toContain('does not exist');
}

describe('the life of a container', () => {
  test('created, running, stopped and gone, with the same pid all along', () => {
    const bundle = bundleFor('echo begun > /begun; exec sleep 1000');
    expect(bundle.oci(['create', '--pid-file', 'pid', 'c'])).toMatchObject(ok);
    const pid = Number(readFileSync(join(bundle.path, 'pid'), 'utf8'));
    expect(JSON.parse(bundle.oci(['state', 'c']).stdout)).toEqual({
      ociVersion: expect.stringMatching(/^1\./),
      id: 'c',
      pid,
      status: 'created',
      bundle: bundle.path,
      rootfs: bundle.rootfs,
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      owner: expect.any(String),
      annotations: { 'org.example.who': 'test' },
    });
    expect(existsSync(join(bundle.rootfs, 'begun'))).toBe(false);
    expect(bundle.oci(['start', 'c'])).toMatchObject(ok);
    expect(status(bundle)).toBe('running');
    expect(readlinkSync(`/proc/${pid}/exe`)).toBe('/bin/busybox');
    expect(bundle.oci(['kill', 'c', 'KILL'])).toMatchObject(ok);
    deleteWhenStopped(bundle);
    expect(readdirSync(bundle.root)).toEqual([]);
  });

  test('limits are the command’s: hooks of the start and the start itself do not feel them', () => {
    const bundle = makeBundle(home.path);
    bundle.configure((config) => {
      config.process.args = ['sleep', '1000'];
      config.process['rlimits'] = [
        { type: 'RLIMIT_NOFILE', soft: 3, hard: 10 },
        { type: 'RLIMIT_FSIZE', soft: 0, hard: 0 },
      ];
      config.hooks = { startContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'echo hooked > /hooked'] }] };
    });
    expect(bundle.oci(['create', '--pid-file', 'pid', 'c'])).toMatchObject(ok);
    expect(bundle.oci(['start', 'c'])).toMatchObject(ok);
    const pid = readFileSync(join(bundle.path, 'pid'), 'utf8');
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
    expect(limits).toMatch(/^Max open files +3 +10 /m);
    expect(limits).toMatch(/^Max file size +0 +0 /m);
    expect(readFileSync(join(bundle.rootfs, 'hooked'), 'utf8')).toBe('hooked\n');
    expect(bundle.oci(['delete', '--force', 'c'])).toMatchObject(ok);
  });

  test('nothing of ours stays between PID 1 and whoever adopts orphans', () => {
    const bundle = bundleFor('sleep 1000');
    bundle.oci(['create', '--pid-file', 'pid', 'c']);
    const pid = readFileSync(join(bundle.path, 'pid'), 'utf8');
    const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    expect(readFileSync(`/proc/${parent}/comm`, 'utf8')).not.toContain('tsrun');
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    // The lock least of all: it would never be free again.
    expect(files.filter((file) => file.startsWith(bundle.root))).toEqual([]);
    expect(bundle.oci(['delete', '--force', 'c'])).toMatchObject(ok);
  });

  test('a created container is not started twice, and a running one neither', () => {
    const bundle = bundleFor('exec sleep 1000');
    bundle.oci(['create', 'c']);
    expect(bundle.oci(['start', 'c']).status).toBe(0);
    const again = bundle.oci(['start', 'c']);
    expect(again).toMatchObject({ status: 1 });
    expect(again.stderr).toContain('cannot start container "c"');
    bundle.oci(['delete', '--force', 'c']);
  });

  test('delete refuses what has not stopped; by force it ends it', () => {
    const bundle = bundleFor('exec sleep 1000');
    bundle.oci(['create', 'c']);
    expect(bundle.oci(['delete', 'c']).stderr).toContain('that is not stopped: created');
    expect(bundle.oci(['delete', '--force', 'c'])).toMatchObject(ok);
    expect(bundle.oci(['state', 'c']).stderr).toContain('does not exist');
  });

  test('a second delete by force is fine, one without is not', () => {
    const bundle = bundleFor('true');
    expect(bundle.oci(['delete', '--force', 'gone'])).toMatchObject(ok);
    expect(bundle.oci(['delete', 'gone'])).toMatchObject({ status: 1 });
  });

  test('SIGTERM ends a container that was only created', () => {
    const bundle = bundleFor('exec sleep 1000');
    bundle.oci(['create', 'c']);
    expect(bundle.oci(['kill', 'c', '15'])).toMatchObject(ok);
    deleteWhenStopped(bundle);
  });

  test('a stopped container cannot be signalled, in the words that clients know', () => {
    const bundle = bundleFor('true');
    bundle.oci(['run', '--keep', 'c']);
    expect(status(bundle)).toBe('stopped');
    expect(bundle.oci(['kill', 'c', 'TERM'])).toMatchObject({ status: 1 });
    expect(bundle.oci(['kill', 'c', 'TERM']).stderr).toContain('container not running');
    expect(bundle.oci(['kill', '--all', 'c', 'TERM'])).toMatchObject(ok);
    bundle.oci(['delete', 'c']);
  });

  test('an id is used once', () => {
    const bundle = bundleFor('sleep 1000');
    bundle.oci(['create', 'c']);
    expect(bundle.oci(['create', 'c']).stderr).toContain('container "c" exists already');
    expect(status(bundle)).toBe('created');
    bundle.oci(['delete', '--force', 'c']);
  });

  test('an id under another --root is another container, and has no control group of the first', () => {
    const bundle = bundleFor('exec sleep 1000');
    expect(bundle.oci(['run', '--detach', 'c'])).toMatchObject(ok);
    const other = tsrunOci(join(bundle.path, 'other'), ['create', 'c'], { cwd: bundle.path });
    const { pid } = JSON.parse(bundle.oci(['state', 'c']).stdout) as { pid: number };
    const hasGroup = /^0::.*\/bundle-/m.test(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
    if (hasGroup) {
      expect(other.status).toBe(1);
      expect(other.stderr).toContain('cannot use the control group');
      expect(other.stderr).toContain('choose another cgroupsPath, or delete the container that has it');
    } else {
      expect(other).toMatchObject(ok);
      tsrunOci(join(bundle.path, 'other'), ['delete', '--force', 'c']);
    }
    expect(status(bundle)).toBe('running');
    bundle.oci(['delete', '--force', 'c']);
  });

  test("what a killed create left is in nobody's way", () => {
    const bundle = bundleFor('true');
    for (const verb of [
      ['create', 'c'],
      ['delete', '--force', 'c'],
    ]) {
      mkdirSync(join(bundle.root, 'c'), { recursive: true });
      writeFileSync(join(bundle.root, 'c', 'lock'), '');
      writeFileSync(join(bundle.root, 'c', 'config.json'), '{');
      expect(bundle.oci(verb)).toMatchObject(ok);
    }
    expect(readdirSync(bundle.root)).toEqual([]);
  });

  test('run gives the status of the command, and leaves nothing', () => {
    const bundle = bundleFor('echo out; echo err >&2; exit 7');
    expect(bundle.oci(['run', 'c'])).toEqual({ stdout: 'out\n', stderr: 'err\n', status: 7 });
    expect(readdirSync(bundle.root)).toEqual([]);
  });

  test('what is not in force is said in the log of the call, where there is one, not in that of the container', () => {
    const bundle = bundleFor('exec sleep 1000');
    bundle.configure((config) => {
      config.linux['resources'] = { network: { classID: 1 } };
    });
    const log = join(bundle.path, 'log.json');
    const env = { TSRUN_LIMITS: 'best-effort' };
    expect(bundle.oci(['--log', log, '--log-format', 'json', 'create', 'c'], { env })).toMatchObject(ok);
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toContainEqual({
      level: 'warning',
      msg: 'linux.resources.network.classID has no counterpart in cgroup v2 and is not in force',
      time: expect.any(String),
    });
    bundle.oci(['delete', '--force', 'c']);
    expect(bundle.oci(['create', 'c'], { env }).stderr).toContain('tsrun-oci: linux.resources.network.classID has no');
    bundle.oci(['delete', '--force', 'c']);
  });

  requires('root', 'without-memory-controller')(
    'update leaves out and tells what there is no controller for, where best effort is asked',
    () => {
      const bundle = bundleFor('exec sleep 1000');
      expect(bundle.oci(['create', 'c'], { env: { TSRUN_LIMITS: 'best-effort' } })).toMatchObject(ok);
      const update = ['update', '--memory', '64m', '--pids-limit', '50', 'c'];
      expect(bundle.oci(update)).toMatchObject({ stdout: '', status: 1 });
      const { stderr, status } = bundle.oci(update, { env: { TSRUN_LIMITS: 'best-effort' } });
      expect(status).toBe(0);
      expect(stderr).toMatch(
        /^tsrun-oci: cannot set the limit memory\.max to "67108864": .*\n(.*\n)*tsrun-oci: .*pids\.max/,
      );
      bundle.oci(['delete', '--force', 'c']);
    },
  );

  requires('rootless')('an ordinary user is told of a control group that he cannot have, and runs without', () => {
    const bundle = bundleFor('true');
    bundle.configure((config) => {
      config.linux.cgroupsPath = '/not-his';
    });
    const { stderr, status } = bundle.oci(['run', 'c']);
    expect(status).toBe(0);
    expect(stderr).toContain('tsrun-oci: linux.cgroupsPath "/not-his" is not in force: ');
  });

  test('/dev/core is there where the kernel has a /proc/kcore, and does not lead nowhere', () => {
    const bundle = bundleFor('test -L /dev/core');
    expect(bundle.oci(['run', 'c']).status).toBe(existsSync('/proc/kcore') ? 0 : 1);
  });

  test('run --detach comes back at once', () => {
    const bundle = bundleFor('exec sleep 1000');
    expect(bundle.oci(['run', '--detach', 'c'])).toMatchObject(ok);
    expect(bundle.oci(['list', '-q'])).toEqual({ stdout: 'c\n', stderr: '', status: 0 });
    bundle.oci(['delete', '--force', 'c']);
  });
});

const withoutGetcwd = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['getcwd'], action: 'SCMP_ACT_ERRNO' }],
};

test('a filter that denies getcwd is not in the way of the working directory', () => {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sh', '-c', 'echo here > file'];
    config.process.cwd = '/tmp';
    // Without no_new_privs the filter is in force before the working directory is entered.
    config.process['noNewPrivileges'] = false;
    config.linux['seccomp'] = withoutGetcwd;
  });
  expect(bundle.oci(['run', 'c'])).toMatchObject(ok);
  expect(readFileSync(join(bundle.rootfs, 'tmp', 'file'), 'utf8')).toBe('here\n');
});

test('nor does such a filter open a way out of the root', () => {
  const bundle = bundleFor('exec sleep 1000');
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.process['noNewPrivileges'] = false;
    config.linux['seccomp'] = withoutGetcwd;
  });
  bundle.oci(['run', '--detach', 'c']);
  const host = openSync('/', 'r');
  const exec = ['exec', '--preserve-fds', '1', '--cwd', '/proc/self/fd/3', 'c', 'ls'];
  const { stdout, stderr, status } = spawnSync(tsrunOciPath, ['--root', bundle.root, ...exec], {
    cwd: bundle.path,
    stdio: ['ignore', 'pipe', 'pipe', host],
    encoding: 'utf8',
  });
  closeSync(host);
  bundle.oci(['delete', '--force', 'c']);
  expect({ stdout, status }).toEqual({ stdout: '', status: 255 });
  expect(stderr).toContain('cannot enter the working directory "/proc/self/fd/3"');
});

test('a label for mounts is told where nothing has labels, and in nobody’s way', () => {
  const bundle = bundleFor('true');
  bundle.configure((config) => {
    config.process.args = ['true'];
    config.linux['mountLabel'] = 'system_u:object_r:container_file_t:s0';
  });
  const without =
    'tsrun-oci: linux.mountLabel "system_u:object_r:container_file_t:s0" is not in force: SELinux is not on\n';
  const stderr = existsSync('/sys/fs/selinux/enforce') ? '' : without;
  expect(bundle.oci(['run', 'c'])).toMatchObject({ stderr, status: 0 });
});

test('parameters of a filesystem on a bind mount are told, and in nobody’s way', () => {
  const bundle = bundleFor('true');
  bundle.configure((config) => {
    config.process.args = ['true'];
    config.mounts.push({ destination: '/mnt', source: '/etc', options: ['rbind', 'ro', 'mode=755', 'size=1k'] });
  });
  const { status, stderr } = bundle.oci(['run', 'c']);
  expect(status).toBe(0);
  expect(stderr).toMatch(
    /^tsrun-oci: mounts\[\d+\]\.options "mode=755", "size=1k": a bind mount takes no parameters of a filesystem\n$/,
  );
});

describe('a command that cannot be started', () => {
  test('is told by create, in the words that clients turn into 127', () => {
    const bundle = makeBundle(home.path);
    bundle.configure((config) => {
      config.process.args = ['nosuch'];
    });
    const log = join(bundle.path, 'log.json');
    const created = bundle.oci(['--log', log, '--log-format', 'json', 'create', 'c']);
    expect(created.status).toBe(1);
    const lines = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      {
        level: 'error',
        msg: expect.stringContaining('executable file not found in $PATH'),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    ]);
    expect(readdirSync(bundle.root)).toEqual([]);
  });

  test('is told by start when it went away in between', () => {
    const bundle = bundleFor('true');
    bundle.oci(['create', 'c']);
    // The link alone: the program goes on serving the other tests.
    unlinkSync(join(bundle.rootfs, 'bin', 'sh'));
    const started = bundle.oci(['start', 'c']);
    expect(started.status).toBe(1);
    expect(started.stderr).toContain('cannot start "sh"');
    expect(status(bundle)).toBe('stopped');
    bundle.oci(['delete', 'c']);
  });

  test('run answers 255, as runc does', () => {
    const bundle = makeBundle(home.path);
    bundle.configure((config) => {
      config.process.args = ['/nosuch'];
    });
    const ran = bundle.oci(['run', 'c']);
    expect(ran.status).toBe(255);
    expect(ran.stderr).toContain('no such file or directory');
  });
});

requires('root')('a container without a mount namespace leaves the host’s root and mounts as they were', () => {
  // In a mount namespace of the test's own: a fault would move the root of the machine.
  const bundle = bundleFor('');
  bundle.configure((config) => {
    config.process.args = [
      'sh',
      '-c',
      'cat /proc/self/mountinfo > /tmp/inside; test -d /tmp && ! test -e /proc/1/root/usr/bin',
    ];
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'mount');
    delete config.linux['maskedPaths'];
    delete config.linux['readonlyPaths'];
  });
  const oci = `${tsrunOciPath} --root ${bundle.root}`;
  const script = [
    `seen() { grep -F ${bundle.path} /proc/self/mountinfo | cut -d" " -f5-; }`,
    // As systemd makes it: what is mounted must not come back by another way.
    'mount --make-rshared /',
    'seen > before',
    `${oci} create c`,
    'test "$(seen | wc -l)" -gt "$(wc -l < before)"',
    `${oci} start c`,
    'test -x /usr/bin/env',
    `${oci} delete --force c`,
    'seen | diff before - >&2',
    // The same when it cannot be made, and in the foreground.
    `sed -i 's/"args":\\["sh"/"args":["nosuch"/' config.json`,
    `! ${oci} create c`,
    'seen | diff before - >&2',
    `! ${oci} run c`,
    'seen | diff before - >&2',
    `sed -i 's/"args":\\["nosuch"/"args":["sh"/' config.json`,
    `${oci} run c`,
    'seen | diff before - >&2',
  ].join('\n');
  const { stderr, status } = spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-exc', script], {
    cwd: bundle.path,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  expect({ stderr: status === 0 ? '' : stderr, status }).toEqual({ stderr: '', status: 0 });
});

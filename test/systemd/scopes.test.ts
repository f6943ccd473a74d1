/** Containers under a real systemd: each in a scope, nobody else moved, nothing left; processes that join one get there too. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { missing } from '../support/needs.ts';
import { requires } from '../support/requires.ts';
import { startTsrun, tsrun } from '../support/tsrun.ts';
import { makeUserHome, type Place, show, untilGone } from './accounts.ts';

const test = requires('systemd', 'root');
const isHere = missing('systemd') === null && missing('root') === null;
const home = makeHome();
const image = fixture('busybox.tar');
const read = (path: string): string => readFileSync(path, 'latin1').trim();
const scopesIn = (slice: string): readonly string[] =>
  existsSync(slice) ? readdirSync(slice).filter((name) => name.endsWith('.scope')) : [];
const untilNone = async (slice: string): Promise<void> => {
  while (scopesIn(slice).length > 0) await new Promise((resolve) => setImmediate(resolve));
};
afterAll(() => home[Symbol.dispose]());

describe('root', () => {
  const slice = '/sys/fs/cgroup/tsrun.slice';

  test('has a delegated scope for each container, with the monitor and the container side by side', async () => {
    // Those of the file before: systemd takes them away in its own time.
    await untilNone(slice);
    const before = read('/proc/self/cgroup');
    const script = 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max; echo ready; cat';
    const running = startTsrun(['run', '--rm', '--quiet', '-i', '-m', '64m', image, 'sh', '-c', script], {
      env: home.env,
    });
    await running.until('ready');
    const [scope = '', ...others] = scopesIn(slice);
    expect(scope).toMatch(/^tsrun-[0-9a-f]{64}\.scope$/);
    expect(others).toEqual([]);
    expect(show(scope, 'Delegate', 'Slice', 'ControlGroup')).toEqual({
      Delegate: 'yes',
      Slice: 'tsrun.slice',
      ControlGroup: `/tsrun.slice/${scope}`,
    });
    const who = (group: string): readonly string[] =>
      read(`${slice}/${scope}/${group}/cgroup.procs`)
        .split('\n')
        .map((pid) => read(`/proc/${pid}/comm`));
    expect(who('supervisor')).toEqual(['tsrun:monitor']);
    expect(who('container')).toEqual([expect.stringMatching(/^(sh|cat)$/)]);
    // Neither this process nor the command that it started.
    expect(read('/proc/self/cgroup')).toBe(before);
    expect(read(`/proc/${running.pid}/cgroup`)).toBe(before);
    running.end();
    expect(await running.outcome).toMatchObject({ stdout: '67108864\n2048\nready\n', stderr: '', exitCode: 0 });
    untilGone(scope);
    expect(scopesIn(slice)).toEqual([]);
  });

  test('chooses the slice with --cgroup-parent, and a killed monitor leaves nothing', async () => {
    const args = [
      'run',
      '--rm',
      '--quiet',
      '-i',
      '--cgroup-parent',
      'vm-tests.slice',
      image,
      'sh',
      '-c',
      'echo ready; cat',
    ];
    const running = startTsrun(args, { env: home.env });
    await running.until('ready');
    const inner = '/sys/fs/cgroup/vm.slice/vm-tests.slice';
    const [scope = ''] = scopesIn(inner);
    process.kill(Number(read(`${inner}/${scope}/supervisor/cgroup.procs`)), 'SIGKILL');
    expect((await running.outcome).stderr).toContain('lost the monitor');
    untilGone(scope);
    expect(scopesIn(inner)).toEqual([]);
  });

  test('sees the scope in --dry-run, and systemd is not asked', async () => {
    const { stdout } = await tsrun(['run', '--dry-run', image, 'true'], { env: home.env });
    const [first] = (JSON.parse(stdout) as { steps: readonly { kind: string; path: string; unit: string }[] }).steps;
    expect(first).toMatchObject({ kind: 'cgroup-scope', bus: 'system', path: `${slice}/${first?.unit}` });
    expect(show(first?.unit ?? '', 'LoadState', 'ActiveState')['ActiveState']).toBe('inactive');
  });
});

const user = isHere ? makeUserHome() : null;
afterAll(() => user?.[Symbol.dispose]());
const placeOf = (name: string): Place => {
  const place = user?.places.find((each) => each.name === name);
  if (place === undefined) throw new Error(`there is no place "${name}"`);
  return place;
};
const from = (name: string, script: string) => {
  const running = placeOf(name).run(script);
  running.end();
  return running.outcome;
};

const names = ['a session', 'a service of the user’s manager'];

describe.each(names)('an ordinary user in %s', (name) => {
  test('has limits in force, and is not moved himself', async () => {
    const files = ['memory.max', 'pids.max', 'cpu.max'].map((file) => `/sys/fs/cgroup/${file}`).join(' ');
    const flags = '-m 64m --pids-limit 20 --cpus 0.5';
    const { stdout, stderr } = await from(
      name,
      `cat /proc/self/cgroup; $tsrun run --quiet ${flags} $image cat ${files}; cat /proc/self/cgroup`,
    );
    const [before = '', memory, pids, cpu, after] = stdout.trim().split('\n');
    expect({ limits: [memory, pids, cpu], stderr }).toMatchObject({ limits: ['67108864', '20', '50000 100000'] });
    expect(after).toBe(before);
    expect(before).toMatch(name === 'a session' ? /session-.*\.scope$/ : /user@\d+\.service\/app\.slice\/run-/);
    // The last of them may be on its way out.
    for (const scope of scopesIn(`${user?.manager}/tsrun.slice`)) untilGone(scope);
  });
});

test('an ordinary user in a session cannot fork beyond --pids-limit', async () => {
  const { stdout } = await from('a session', '$tsrun run --quiet --pids-limit 20 $programs eat-pids 100');
  expect(stdout).toMatch(/^children 1\d errno 11$/m); // EAGAIN
});

test('an ordinary user is told how to get a controller that is not handed over', async () => {
  const { stderr } = await from('a session', '$tsrun run --cpuset-cpus 0 $image true');
  expect(stderr).toContain('cannot set "cpuset.cpus"');
  expect(stderr).toContain('Delegate=cpu cpuset io memory pids');
});

/** A bundle as `spec --rootless` writes it, whose command waits, in a directory of its own. */
const bundle = `cd $(mktemp -d -p $scratch); mkdir rootfs rootfs/bin rootfs/proc rootfs/dev rootfs/sys
  cp $(command -v busybox) rootfs/bin; for name in sh cat sleep; do ln -s busybox rootfs/bin/$name; done
  spec() { "$@" $oci spec --rootless
    sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"sleep","1000"/' config.json; }
  oci() { $oci --root $PWD/state "$@"; }`;
const pid = `sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p'`;

describe.each(names)('an ordinary user in %s who joins a container', (name) => {
  test('lands in the group of a kept one', async () => {
    const { stdout, stderr } = await from(
      name,
      `set -eu; $tsrun run -d --quiet --name kept --pids-limit 20 $image sleep 1000 > $scratch/id
       $tsrun exec kept cat /proc/self/cgroup; cat /proc/self/cgroup | wc -l; $tsrun rm -f kept`,
    );
    // The root of the container's own view; from outside of it, this would begin with /.. .
    expect({ stdout, stderr }).toEqual({ stdout: '0::/\n1\nkept\n', stderr: '' });
  });

  test('lands in the scope of tsrun-oci’s, in the background too', async () => {
    const { stdout } = await from(
      name,
      `set -eu; ${bundle}; spec
       oci --systemd-cgroup run --detach c > log 2>&1 || cat log; oci exec c cat /proc/self/cgroup
       oci exec --detach --pid-file pid c sleep 999; cat /proc/$(cat pid)/cgroup; oci delete --force c`,
    );
    expect(stdout).toMatch(/^0::\/\n0::\/user.slice\/.*\/user@\d+.service\/user.slice\/tsrun-c-[0-9a-f]{12}\.scope\n$/);
  });
});

test('uid 0 of a user namespace has its scopes made by that user’s service manager', async () => {
  const { stdout } = await from(
    'a session',
    `set -eu; ${bundle}; spec unshare -Ur
     unshare -Urm sh -c '$oci --root state --systemd-cgroup run --detach c > log 2>&1 || cat log
       $oci --root state exec c cat /proc/self/cgroup'
     cat /proc/$(oci state c | ${pid})/cgroup; oci delete --force c`,
  );
  expect(stdout).toMatch(/^0::\/\n0::\/user.slice\/.*\/user@\d+.service\/user.slice\/tsrun-c-[0-9a-f]{12}\.scope\n$/);
});

// Last, and in this file: the limit holds for the whole machine, and for what other files start meanwhile.
test('an ordinary user with as many keys as he may have is told which limit to raise', async () => {
  const limit = '/proc/sys/kernel/keys/maxkeys';
  const before = read(limit);
  const running = placeOf('a session').run('echo ready; read go; $tsrun run --quiet $image true; $tsrun doctor');
  await running.until('ready');
  try {
    writeFileSync(limit, '1');
    running.end('go\n');
    const { stdout, stderr } = await running.outcome;
    expect(stderr).toContain('keyctl failed: EDQUOT');
    expect(stderr).toContain('kernel.keys.maxkeys');
    expect(stdout).toMatch(/keyrings.*room for 0 more containers/);
  } finally {
    writeFileSync(limit, before);
  }
});

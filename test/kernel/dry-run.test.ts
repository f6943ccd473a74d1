import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

interface Printed {
  readonly version: number;
  readonly steps: readonly { readonly kind: string; readonly path?: string; readonly program?: unknown }[];
}

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const run = (...args: readonly string[]) => tsrun(['run', '-q', ...args], { env: home.env });
const planOf = async (...args: readonly string[]): Promise<Printed> => {
  const { stdout, stderr, exitCode } = await run('--dry-run', ...args);
  expect(stderr.includes('hint:') ? stderr : exitCode).toBe(0);
  return JSON.parse(stdout) as Printed;
};

describe('--dry-run', () => {
  test('prints the plan from the first step to the command', async () => {
    const { version, steps } = await planOf(busybox, 'echo', 'hello');
    expect(version).toBe(1);
    expect(steps.at(-1)).toMatchObject({ kind: 'exec', argv: ['echo', 'hello'] });
    const kinds = steps.map(({ kind }) => kind);
    for (const kind of ['clone', 'overlay', 'pivot-root', 'capabilities', 'seccomp']) expect(kinds).toContain(kind);
    const inOrder = (one: string, other: string) => expect(kinds.indexOf(one)).toBeLessThan(kinds.indexOf(other));
    inOrder('clone', 'overlay');
    inOrder('overlay', 'pivot-root');
    inOrder('user', 'capabilities');
    expect(steps.find(({ kind }) => kind === 'seccomp')?.program).toMatchObject({ instructions: expect.any(Number) });
  });

  test('makes no directory of a container and no control group', async () => {
    const { steps } = await planOf('-v', `${home.path}/not-made:/data`, busybox, 'true');
    const containers = join(home.store, 'containers');
    expect(existsSync(containers) ? readdirSync(containers) : []).toEqual([]);
    const group = steps.find(({ kind }) => kind === 'cgroup-create')?.path;
    expect(group === undefined ? false : existsSync(group)).toBe(false);
    expect(existsSync(`${home.path}/not-made`)).toBe(false);
  });

  test('prints the same for the same request, and for another only what differs', async () => {
    const [one, same, other] = [await planOf(busybox), await planOf(busybox), await planOf('--hostname', 'x', busybox)];
    expect(same).toEqual(one);
    const differing = one.steps.filter((step, index) => JSON.stringify(step) !== JSON.stringify(other.steps[index]));
    expect(differing.map(({ kind }) => kind)).toEqual(['hostname', 'exec']);
  });

  test('refuses what a run would refuse', async () => {
    const { stdout, stderr, exitCode } = await run('--dry-run', '--mount', 'type=bind,src=/no/such,dst=/x', busybox);
    expect(exitCode).toBe(125);
    expect(stdout).toBe('');
    expect(stderr).toContain('it does not exist on the host');
  });
});

/** Runs a script as a file, with a directory for temporary files of its own. */
function runScript(script: string, mode = 0o711) {
  const scratch = join(home.path, `scratch-${Math.random().toString(36).slice(2)}`);
  mkdirSync(scratch);
  chmodSync(scratch, mode);
  const file = join(home.path, 'container.sh');
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  const { stdout, stderr, status } = spawnSync('sh', [file], {
    env: { ...process.env, TMPDIR: scratch, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    encoding: 'utf8',
    timeout: 150_000,
  });
  return { stdout, stderr, status, left: readdirSync(scratch) };
}

/** Where the layers and the upper directory lie differs; what is mounted where, and how, does not. */
const withoutPlaces = (text: string): string =>
  text.replaceAll(/(lowerdir|upperdir|workdir)=[^,)]*/g, '$1=').replaceAll(/\b(HOSTNAME=|box).*/g, '$1');

const dates = /\b[A-Z][a-z]{2} +\d+ +[\d:]+ /g;

const view = [
  'id; hostname; pwd; umask; env | sort',
  'ls /; ls -ln /dev; mount',
  'cat /proc/self/uid_map; cat /proc/self/cgroup | tail -n 1',
  'grep -E "^(Cap|NoNewPrivs|Groups)" /proc/self/status',
  'ip addr show lo; cat /etc/hosts /proc/sys/net/ipv4/ip_unprivileged_port_start',
  'echo $$; set -- /proc/[0-9]*; echo $#',
].join('; ');

describe('--dry-run=shell', () => {
  const needs = requires('program-ip', 'program-setpriv', 'program-unshare', 'subuid');

  needs('is a script that ends in the same view as the container', async () => {
    const args = [
      '--hostname',
      'box',
      '-e',
      'A=b c',
      '-w',
      '/tmp',
      '--tmpfs',
      '/cache:size=64k',
      busybox,
      'sh',
      '-c',
      view,
    ];
    const script = await run('--dry-run=shell', ...args);
    expect(script.exitCode).toBe(0);
    const container = await run(...args);
    const byHand = runScript(script.stdout);
    expect(byHand.stderr).toBe('');
    expect(withoutPlaces(byHand.stdout)).toBe(withoutPlaces(container.stdout));
    expect(container.stdout).toContain('overlay on / type overlay');
  });

  needs('finds a user and its groups as the container does', async () => {
    for (const user of ['alice', '1001', 'alice:audio', '4711:12', 'bob:29']) {
      const args = [
        '-u',
        user,
        '--group-add',
        'wheel',
        busybox,
        'sh',
        '-c',
        'id; echo $HOME; grep -E "^Cap" /proc/self/status',
      ];
      const script = await run('--dry-run=shell', ...args);
      const byHand = runScript(script.stdout);
      expect(`${user}: ${byHand.stdout}${byHand.stderr}`).toBe(`${user}: ${(await run(...args)).stdout}`);
    }
  });

  needs('sets limits as the container has them', async () => {
    const limits = ['--ulimit', 'nofile=20:30', '--ulimit', 'as=67108864', '--ulimit', 'core=0'];
    const args = [...limits, busybox, 'sh', '-c', 'ulimit -n; ulimit -H -n; ulimit -v; ulimit -c'];
    const byHand = runScript((await run('--dry-run=shell', ...args)).stdout);
    expect(`${byHand.stdout}${byHand.stderr}`).toBe('20\n30\n65536\n0\n');
    expect((await run(...args)).stdout).toBe(byHand.stdout);
  });

  needs('passes the status on and leaves nothing behind', async () => {
    for (const [command, status] of [
      ['touch /etc/x; exit 7', 7],
      ['kill -9 $$; exit 1', 1],
    ] as const) {
      const script = await run('--dry-run=shell', busybox, 'sh', '-c', command);
      expect(runScript(script.stdout)).toMatchObject({ status, left: [] });
    }
  });

  needs('leaves out what the container leaves out where nobody can write', async () => {
    const script = await run('--dry-run=shell', '--without', 'overlay', busybox, 'echo', 'hello');
    expect(runScript(script.stdout)).toMatchObject({ status: 0, stdout: 'hello\n', left: [] });
  });

  needs('ends when a step fails', async () => {
    const script = await run('--dry-run=shell', busybox, 'true');
    const byHand = runScript(script.stdout.replace('mount --make-rslave /', 'false'));
    expect(byHand.status).not.toBe(0);
    expect(byHand.left).toEqual([]);
  });

  test('says what a shell cannot do', async () => {
    const { stdout } = await run('--dry-run=shell', busybox, 'true');
    expect(stdout).toMatch(/# a filter of \d+ BPF instructions: not for a shell/);
  });

  describe('of a container whose root is another user outside', () => {
    // Its root passes through these; the store stays closed to it.
    beforeAll(() => chmodSync(home.path, 0o711));
    const maps = process.getuid?.() === 0 ? ['private', 'keep-id'] : ['keep-id', 'keep-id:uid=7,gid=8'];
    const owners = 'ls -ldn / /etc/hosts /root /data /data/file; touch /x; ls -ln /x; stat -c "%u %g %n" /home/*';

    for (const userns of maps)
      needs(`ends in the same view as the container, with ${userns}`, async () => {
        const volume = join(home.path, 'volume');
        mkdirSync(volume, { recursive: true, mode: 0o700 });
        writeFileSync(join(volume, 'file'), '');
        const args = ['--userns', userns, '--hostname', 'box', '-v', `${volume}:/data`, busybox];
        const command = ['sh', '-c', `${view}; ${owners}`];
        const script = await run('--dry-run=shell', ...args, ...command);
        expect(script.stderr).toBe('');
        const container = await run(...args, ...command);
        const byHand = runScript(script.stdout);
        // Trees that were opened early are early in the list of mounts.
        const lines = (text: string) => withoutPlaces(text).replaceAll(dates, '').split('\n').sort();
        expect(lines(`${byHand.stdout}${byHand.stderr}`)).toEqual(lines(`${container.stdout}${container.stderr}`));
        expect(container.stdout).toMatch(/^overlay on \/ type overlay .*userxattr/m);
        expect(byHand.left).toEqual([]);
      });

    needs('can leave parts out, and be somebody else inside', async () => {
      const userns = maps[0] ?? '';
      for (const flags of [
        ['--without', 'overlay'],
        ['--without', 'pivot-root', '-u', 'bob:audio'],
        ['-u', 'alice:audio'],
        ['--time', '60'],
      ]) {
        const args = [
          '--userns',
          userns,
          ...flags,
          busybox,
          'sh',
          '-c',
          'id; cat /proc/self/uid_map; cat /proc/1/comm',
        ];
        const byHand = runScript((await run('--dry-run=shell', ...args)).stdout);
        expect(`${flags}: ${byHand.stdout}${byHand.stderr}`).toBe(`${flags}: ${(await run(...args)).stdout}`);
        expect(byHand.left).toEqual([]);
      }
    });

    needs('says which directory its root cannot enter', async () => {
      const script = await run('--dry-run=shell', '--userns', maps[0] ?? '', busybox, 'echo', 'hello');
      const byHand = runScript(script.stdout, 0o700);
      if (process.getuid?.() === 0)
        expect(byHand.stderr).toContain('set TMPDIR to a directory that everybody may enter');
      // The caller's own directories are its root's to enter.
      else expect(byHand).toMatchObject({ stdout: 'hello\n', stderr: '' });
      expect(byHand.left).toEqual([]);
    });
  });
});

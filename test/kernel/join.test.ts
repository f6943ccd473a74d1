import { closeSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { errnoName } from '../../src/errors/errno.ts';
import { addon } from '../../src/native/addon.ts';
import type { OciProcess } from '../../src/oci/config.ts';
import { buildExecPlan, type ExecPlanInput } from '../../src/plan/build-exec-plan.ts';
import type { NamespaceKind, Plan } from '../../src/plan/plan.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { cgroupBase } from '../support/needs.ts';
import { type LaunchSettings, PlanLaunch, planOf, runPlan, shellConfig, unpackRoot } from '../support/plan-launch.ts';
import { requires } from '../support/requires.ts';

let home: TestHome;
let root: string;
// Not at once: where all tests are skipped nothing would take it away again.
beforeAll(() => {
  home = makeHome();
  root = unpackRoot(home);
});
afterAll(() => home[Symbol.dispose]());
const test = requires();
const asRoot = process.getuid?.() === 0;

const files: Readonly<Record<NamespaceKind, string>> = {
  mount: 'mnt',
  pid: 'pid',
  network: 'net',
  uts: 'uts',
  ipc: 'ipc',
  cgroup: 'cgroup',
  user: 'user',
  time: 'time',
};
const namespaceOf = (pid: number | 'self', kind: NamespaceKind): string =>
  readlinkSync(`/proc/${pid}/ns/${files[kind]}`);
const kinds = Object.keys(files) as readonly NamespaceKind[];
const apart = (pid: number): readonly NamespaceKind[] =>
  kinds.filter((kind) => namespaceOf(pid, kind) !== namespaceOf('self', kind));

const running: PlanLaunch[] = [];
afterEach(async () => {
  for (const launch of running.splice(0)) {
    launch.monitor.hangUp();
    await launch.closed;
  }
});

/** A container that does nothing until it is killed; resolves with its pid when its command runs. */
async function container(plan: Plan = planOf(shellConfig('sleep 1000 & wait'), root)): Promise<number> {
  const launch = new PlanLaunch(home, plan);
  running.push(launch);
  return (await launch.message('started')).pid;
}

const shell = (script: string): OciProcess => ({
  cwd: '/',
  args: ['sh', '-c', script],
  env: ['PATH=/bin', 'HOME=/'],
  user: { uid: 0, gid: 0 },
});

/** Launches a process in the container of `pid`. */
function exec(
  pid: number,
  process: OciProcess,
  changes: Partial<ExecPlanInput> = {},
  settings: LaunchSettings = {},
): PlanLaunch {
  const file = addon().pidfdOpen(pid);
  const plan = buildExecPlan({
    process,
    join: { namespaces: apart(pid), file: 0, setGroups: true },
    cgroup: { type: 'none' },
    seccomp: null,
    user: { type: 'config' },
    demand: 'required',
    keyring: 'new',
    console: { to: 'launcher' },
    preserved: [],
    ...changes,
  });
  const launch = new PlanLaunch(home, plan, { ...settings, keep: [file] });
  closeSync(file);
  return launch;
}

describe('a process that joins a container', () => {
  test('is in all of its namespaces and sees its root, as a child of nobody there', async () => {
    const pid = await container();
    const launch = exec(
      pid,
      shell('hostname inside; for n in /proc/self/ns/*; do readlink $n; done; grep PPid /proc/$$/status'),
    );
    const output = await launch.output;
    for (const kind of kinds) expect(output).toContain(namespaceOf(pid, kind));
    expect(output).toContain('PPid:\t0\n');
    expect(apart(pid).length).toBeGreaterThan(5);
  });

  test('has the uid of its description, and no descriptor but its own', async () => {
    const pid = await container();
    const launch = exec(pid, {
      ...shell('id -u; id -g; id -G; exec ls /proc/self/fd'),
      user: { uid: 7, gid: 8, additionalGids: [9] },
    });
    expect((await launch.output).split('\n')).toEqual(['7', '8', '8 9', '0', '1', '2', '3', '']);
  });

  test('ends with its own status, and the container goes on', async () => {
    const pid = await container();
    const launch = exec(pid, shell('exit 42'));
    expect((await launch.message('exited')).waitStatus >> 8).toBe(42);
    await launch.closed;
    expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('sh\n');
  });

  test('is killed with its launcher', async () => {
    const pid = await container();
    const launch = exec(pid, shell('echo up; sleep 1000'));
    await launch.message('started');
    launch.monitor.hangUp();
    await launch.closed;
    expect((await launch.message('exited')).waitStatus & 0x7f).toBe(9);
  });

  test('takes what it has started along when it is killed so', async () => {
    const pid = await container();
    const launch = exec(pid, shell('sleep 1000 & wait'));
    const started = await launch.message('started');
    const children = `/proc/${started.pid}/task/${started.pid}/children`;
    while (readFileSync(children, 'latin1') === '') await new Promise(setImmediate);
    launch.monitor.hangUp();
    await launch.closed;
    // Nobody has it any more.
    expect(await launch.output).toBe('');
  });

  test('in the background is its caller’s own: its monitor ends when it runs', async () => {
    const pid = await container();
    const launch = exec(pid, shell('sleep 1000'), {}, { header: { lifetime: 'handover' } });
    const started = await launch.message('started');
    await launch.closed;
    const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${started.pid}/status`, 'utf8'))?.[1];
    expect(parent).not.toBe(String(launch.monitor.pid));
    process.kill(started.pid, 'SIGKILL');
    // Nobody else holds its output.
    expect(await launch.output).toBe('');
  });

  test('leaves its orphans to the container', async () => {
    const pid = await container();
    const orphan = exec(pid, shell('sleep 1000 >/dev/null 2>&1 & echo $!'));
    const number = (await orphan.output).trim();
    await orphan.closed;
    expect(await exec(pid, shell(`kill -0 ${number} && echo lives`)).output).toBe('lives\n');
  });

  test('says when its command is not there', async () => {
    const pid = await container();
    const launch = exec(pid, { ...shell(''), args: ['/no/such'] });
    const failure = await launch.message('step-failed');
    expect(failure).toMatchObject({ operation: 'execve' });
    expect(errnoName(failure.errno)).toBe('ENOENT');
    await launch.closed;
  });

  test('hides from the container until its command is executed', async () => {
    const pid = await container();
    let owner = -1;
    const launch = exec(
      pid,
      shell('true'),
      { user: { type: 'lookup', user: '', groupAdd: [] } },
      {
        onMessage: (message, _, monitor) => {
          if (message.type !== 'lookup') return;
          const cloned = launch.messages.find(({ type }) => type === 'cloned');
          // proc(5): the files of a process that is not dumpable are root's.
          if (cloned?.type === 'cloned') owner = statSync(`/proc/${cloned.pid}/environ`).uid;
          monitor.send({ type: 'answer', uid: 0, gid: 0, groups: [], home: '/' });
        },
      },
    );
    await launch.closed;
    expect(owner).toBe(0);
    expect(launch.messages.at(-1)).toMatchObject({ type: 'exited', waitStatus: 0 });
  });

  requires('root', 'cgroup-v2')('is in the control group it was given', async () => {
    const base = cgroupBase();
    if ('reason' in base) throw new Error(base.reason);
    const path = join(base.path, 'tsrun', `join-${process.pid}`);
    const own = planOf(shellConfig('sleep 1000 & wait'), root, {
      cgroup: { steps: [{ kind: 'cgroup-create', path, demand: 'required' }], late: [], path },
    });
    const launch = new PlanLaunch(home, own, { header: { killCgroup: path } });
    running.push(launch);
    const { pid } = await launch.message('started');
    const inside = exec(pid, shell('sleep 1000'), { cgroup: { type: 'clone', path } });
    const started = await inside.message('started');
    expect(readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n')).toContain(String(started.pid));
    inside.monitor.hangUp();
    await inside.closed;
  });

  test('is refused by name when a namespace is none', async () => {
    const path = join(home.path, 'no-namespace');
    writeFileSync(path, '');
    const config = shellConfig('true', { linux: { namespaces: [{ type: 'mount' }, { type: 'uts', path }] } });
    const plan = planOf(config, root);
    const launch = await runPlan(home, plan);
    const failure = await launch.message('step-failed');
    expect(plan.steps[failure.step]).toMatchObject({ kind: 'join', namespaces: ['uts'] });
    expect([failure.operation, errnoName(failure.errno)]).toEqual(['setns', 'EINVAL']);
  });
});

describe('a container in namespaces of another', () => {
  const shared = (pid: number, types: readonly NamespaceKind[]) =>
    (['mount', 'pid', 'network', 'uts', 'ipc', 'cgroup'] as const).map((type) =>
      types.includes(type) ? { type, path: `/proc/${pid}/ns/${files[type]}` } : { type },
    );

  requires('root')('shares those it names and makes the others', async () => {
    const first = await container();
    const types = ['network', 'ipc', 'uts', 'pid'] as const;
    const second = await container(
      planOf(shellConfig('sleep 1000 & wait', { linux: { namespaces: shared(first, types) } }), root),
    );
    for (const type of types) expect(namespaceOf(second, type)).toBe(namespaceOf(first, type));
    for (const type of ['mount', 'cgroup'] as const) {
      expect(namespaceOf(second, type)).not.toBe(namespaceOf(first, type));
      expect(namespaceOf(second, type)).not.toBe(namespaceOf('self', type));
    }
  });

  test('joins a user namespace too, and owns what it makes there', async () => {
    const mapped = [{ container: 0, host: 1_879_048_192, size: 65_536 }];
    const userns = asRoot ? { userns: { type: 'new', uids: mapped, gids: mapped, writer: 'direct' } as const } : {};
    const first = await container(planOf(shellConfig('sleep 1000 & wait'), root, userns));
    const namespaces = [
      ...shared(first, ['network', 'ipc', 'uts', 'pid']),
      { type: 'user', path: `/proc/${first}/ns/user` } as const,
    ];
    const rights = ['CAP_SYS_ADMIN'];
    const process = {
      ...shell('hostname second && exec sleep 1000'),
      capabilities: { bounding: rights, effective: rights, permitted: rights },
    };
    const config = shellConfig('', { process, linux: { namespaces } });
    const launch = new PlanLaunch(home, planOf(config, root, { userns: { type: 'joined', setGroups: true } }));
    running.push(launch);
    const second = (await launch.message('started')).pid;
    // It is gone instead when it may not name the host.
    while (readFileSync(`/proc/${second}/comm`, 'utf8') !== 'sleep\n') await new Promise(setImmediate);
    for (const type of ['user', 'pid', 'network'] as const)
      expect(namespaceOf(second, type)).toBe(namespaceOf(first, type));
    expect(namespaceOf(second, 'mount')).not.toBe(namespaceOf(first, 'mount'));
    expect(readFileSync(`/proc/${second}/uid_map`, 'utf8')).toBe(readFileSync(`/proc/${first}/uid_map`, 'utf8'));
  });

  requires('root')('of its own user, in a network that belongs to the host’s', async () => {
    const first = await container();
    const mapped = [{ container: 0, host: 1_879_048_192, size: 65_536 }];
    const config = shellConfig('sleep 1000 & wait', { linux: { namespaces: shared(first, ['network']) } });
    const userns = { type: 'new', uids: mapped, gids: mapped, writer: 'direct' } as const;
    const second = await container(planOf(config, root, { userns }));
    expect(namespaceOf(second, 'network')).toBe(namespaceOf(first, 'network'));
    expect(namespaceOf(second, 'user')).not.toBe(namespaceOf(first, 'user'));
  });
});

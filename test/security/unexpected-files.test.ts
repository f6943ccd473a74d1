/**
 * What init looks at before it trusts it, although a path led there: a device that is none, a terminal of somebody else's, a
 * working directory outside, a way out of procfs (CVE-2025-31133, CVE-2025-52565, CVE-2024-21626, CVE-2025-52881).
 *
 * By plans of their own: what TypeScript would refuse before is no proof of what native code refuses.
 */
import { closeSync, constants, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import type { OciConfig } from '../../src/oci/config.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import { makeHome } from '../support/home.ts';
import { type PlanLaunch, planOf, runPlan, shellConfig, unpackRoot } from '../support/plan-launch.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const root = unpackRoot(home);
const secret = 'of the host, not of the image';
const outside = join(home.path, 'outside');
mkdirSync(outside);
writeFileSync(join(outside, 'secret'), secret);

/** What the step said that ended the start; the command printed nothing. */
async function refusal(launch: PlanLaunch): Promise<string> {
  expect(await launch.output).toBe('');
  const failed = launch.messages.find((message) => message.type === 'step-failed');
  return failed?.type === 'step-failed' ? failed.operation : 'nothing was refused';
}

/** A plan with a step in front of the first one of a kind. */
function withStep(plan: Plan, before: Step['kind'], ...added: readonly Step[]): Plan {
  const at = plan.steps.findIndex(({ kind }) => kind === before);
  return { ...plan, steps: plan.steps.toSpliced(at, 0, ...added) };
}

const bind = (source: string, destination: string) => ({ destination, source, type: 'bind', options: ['bind'] });
const proc = { destination: '/proc', type: 'proc' };

describe('/dev/null', () => {
  // No filesystem of its own on /dev, so that no device is made there: the client's or the image's are used.
  const masked = (...mounts: NonNullable<OciConfig['mounts']>): OciConfig => {
    const config = shellConfig('head -c 40 /proc/version', { mounts: [proc, ...mounts] });
    return { ...config, linux: { ...config.linux, maskedPaths: ['/proc/version'] } };
  };

  test('that is a file does not show itself where something was to be hidden', async () => {
    const config = masked(bind(join(outside, 'secret'), '/dev/null'));
    expect(await refusal(await runPlan(home, planOf(config, root)))).toBe('check the device');
  });

  test('that is another device is none', async () => {
    const config = masked(bind('/dev/zero', '/dev/null'));
    expect(await refusal(await runPlan(home, planOf(config, root)))).toBe('check the device');
  });

  test('that is the real one hides', async () => {
    const launch = await runPlan(home, planOf(masked(bind('/dev/null', '/dev/null')), root));
    expect(launch.messages.map(({ type }) => type)).not.toContain('step-failed');
    expect(await launch.output).toBe('');
  });
});

describe('a device of the host', () => {
  const device = { kind: 'device', how: 'bind', mode: 0o666, uid: 0, gid: 0, path: '/dev/null' } as const;
  const config = shellConfig('head -c 1 /dev/null', { mounts: [proc] });
  const others: readonly (readonly [string, Step])[] = [
    ['with another number', { ...device, type: 'char', major: 1, minor: 3, source: '/dev/zero' }],
    ['of another type', { ...device, type: 'block', major: 1, minor: 5, source: '/dev/zero' }],
    ['that is a file', { ...device, type: 'char', major: 0, minor: 0, source: join(outside, 'secret') }],
    ['that is no FIFO', { ...device, type: 'fifo', major: 0, minor: 0, source: join(outside, 'secret') }],
  ];
  for (const [claim, step] of others) {
    test(`${claim} is not bound`, async () => {
      const plan = withStep(planOf(config, root), 'pivot-root', step);
      expect(await refusal(await runPlan(home, plan))).toBe('check the device');
    });
  }
});

describe('a terminal', () => {
  const terminal = (config: OciConfig): OciConfig => ({
    ...config,
    process: { cwd: '/', user: { uid: 0, gid: 0 }, ...config.process, terminal: true },
  });

  test('is not opened from a file that has its name', async () => {
    const directory = join(home.path, 'pts');
    mkdirSync(directory);
    writeFileSync(join(directory, 'ptmx'), '');
    const config = terminal(shellConfig('true', { mounts: [proc, bind(directory, '/dev/pts')] }));
    expect(await refusal(await runPlan(home, planOf(config, root)))).toBe('check the device');
  });

  // pts(4): the node outside of a devpts opens the instance that lies beside it.
  requires('root')('is not taken from the host’s devpts by a node beside it', async () => {
    const mounts = [proc, { destination: '/dev/pts', type: 'tmpfs' }, bind('/dev/pts', '/dev/pts/pts')];
    const devices = [{ path: '/dev/pts/ptmx', type: 'c', major: 5, minor: 2 }] as const;
    const config = terminal(shellConfig('true', { mounts }));
    const plan = planOf({ ...config, linux: { ...config.linux, devices } }, root);
    const launch = await runPlan(home, plan);
    expect(await refusal(launch)).toBe('check the device');
    expect(launch.messages.map(({ type }) => type)).not.toContain('console');
  });
});

describe('a working directory', () => {
  // Of `run` and `create` the step that makes it comes first, and follows no such link: this is the second look.
  const entering = (path: string): Plan => {
    const { steps, ...plan } = planOf(shellConfig('cat secret; pwd'), root);
    const changed = steps.map((step) => (step.kind === 'working-directory' ? { ...step, path } : step));
    // The descriptor is still open when the directory is entered.
    const late = changed.filter(({ kind }) => kind !== 'close-files');
    return withStep(
      { ...plan, steps: late },
      'clone',
      { kind: 'take-file', slot: 100, file: 0 },
      { kind: 'take-file', slot: 101, file: 0 },
    );
  };

  test('outside of the root is refused, whichever descriptor leads there', async () => {
    const directory = openSync(outside, constants.O_RDONLY | constants.O_DIRECTORY);
    let reached = 0;
    try {
      for (let fd = 3; fd < 16; fd++) {
        const launch = await runPlan(home, entering(`/proc/self/fd/${fd}`), { keep: [directory] });
        expect(await launch.output).not.toContain(secret);
        if (launch.messages.some((message) => message.type === 'step-failed' && message.operation === 'getcwd')) {
          reached++;
        }
      }
    } finally {
      closeSync(directory);
    }
    // Some number was the directory's: the look is what refused it.
    expect(reached).toBeGreaterThan(0);
  });
});

describe('a kernel parameter', () => {
  const config = shellConfig('true');
  const target = join(outside, 'parameter');
  const inRoot = join(root, 'parameter');
  const setting = (path: string): Step => ({ kind: 'sysctl', name: 'a.b', path, value: 'written' });
  const refused = async (plan: Plan): Promise<void> => {
    for (const file of [target, inRoot]) writeFileSync(file, 'as before');
    expect(await refusal(await runPlan(home, plan))).toBe('open');
    for (const file of [target, inRoot]) expect(readFileSync(file, 'utf8')).toBe('as before');
  };

  test('is not written through a link of procfs to another place', async () => {
    const handle: Step = { kind: 'proc-handle', instance: 'new' };
    const own = withStep(planOf(config, root), 'root-propagation', handle);
    await refused(withStep(own, 'session', setting('../thread-self/root/parameter')));
  });

  test('is not written above procfs', async () => {
    const handle: Step = { kind: 'proc-handle', instance: 'host' };
    await refused(withStep(planOf(config, root), 'pivot-root', handle, setting(`../..${target}`)));
  });

  // Whoever prepared this mount namespace may have put something there: a container around this one has.
  test('is not written to what is mounted over procfs', async () => {
    const handle: Step = { kind: 'proc-handle', instance: 'host' };
    const { steps, ...plan } = planOf(config, root);
    const source = steps.find(({ kind }) => kind === 'open-path');
    expect(source).toBeDefined();
    const over = { kind: 'rootfs-bind', source: 200, at: 201, target: '/proc/sys/net', nodev: false } as const;
    const opens: readonly Step[] = [
      { kind: 'open-path', slot: 200, path: outside },
      { kind: 'open-path', slot: 201, path: '/proc/sys/net' },
    ];
    const covered = withStep(withStep({ ...plan, steps }, 'open-path', ...opens), 'rootfs-bind', over);
    await refused(withStep(covered, 'pivot-root', handle, setting('net/parameter')));
  });
});

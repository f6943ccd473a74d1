/** Plans without a container around them: made from a config or by hand, launched through the native door alone. */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { probeHost } from '../../src/host/facts.ts';
import { userNamespaceFor } from '../../src/host/id-maps.ts';
import { launchMonitor, type RunningMonitor } from '../../src/native/launch.ts';
import { givenStreams, type LaunchHeader } from '../../src/native/launch-header.ts';
import type { MonitorMessage } from '../../src/native/messages.ts';
import type { OciConfig } from '../../src/oci/config.ts';
import { buildPlan, type PlanInput } from '../../src/plan/build-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { fixture } from './fixture.ts';
import type { TestHome } from './home.ts';

/** The busybox root filesystem as a directory of the caller's. */
export function unpackRoot(home: TestHome, name = 'rootfs'): string {
  const root = join(home.path, name);
  mkdirSync(root);
  const tar = spawnSync('tar', ['-xf', fixture('rootfs.tar'), '-C', root, '--no-same-owner', '--exclude=./dev/*']);
  if (tar.status !== 0) throw new Error(`tar: ${tar.stderr}`);
  return root;
}

type Namespaces = NonNullable<NonNullable<OciConfig['linux']>['namespaces']>;
const ownNamespaces: Namespaces = (['mount', 'pid', 'network', 'uts', 'ipc', 'cgroup'] as const).map((type) => ({
  type,
}));

/** A small config: a shell with a script, /proc, /dev and its terminals, every namespace its own. */
export const shellConfig = (script: string, changes: Partial<OciConfig> = {}): OciConfig => ({
  ociVersion: '1.2.0',
  process: { cwd: '/', args: ['sh', '-c', script], env: ['PATH=/bin', 'HOME=/'], user: { uid: 0, gid: 0 } },
  mounts: [
    { destination: '/proc', type: 'proc' },
    { destination: '/dev', type: 'tmpfs', options: ['mode=755'] },
    { destination: '/dev/pts', type: 'devpts', options: ['newinstance', 'ptmxmode=0666', 'mode=0620'] },
  ],
  ...changes,
  linux: { namespaces: ownNamespaces, ...changes.linux },
});

/** The plan of a config on a plain directory. */
export function planOf(config: OciConfig, root: string, changes: Partial<PlanInput> = {}): Plan {
  const host = probeHost();
  return buildPlan({
    config,
    rootfs: { type: 'bind', source: root, target: root, readonly: false },
    host,
    userns: userNamespaceFor('default', host.privilege),
    cgroup: { steps: [], late: [], path: null },
    nodev: false,
    seccomp: null,
    user: { type: 'config' },
    pid1: 'command',
    demand: 'best-effort',
    rootChange: 'pivot-root',
    start: { type: 'at-once' },
    console: { to: 'launcher' },
    keyring: 'new',
    preserved: [],
    hookState: { creating: '{"pid":-1}', created: '{"pid":-1}' },
    ...changes,
  });
}

export interface LaunchSettings {
  readonly header?: Partial<LaunchHeader>;
  readonly keep?: readonly number[];
  /** Called for every message; descriptors are closed after it. */
  readonly onMessage?: (message: MonitorMessage, fd: number, monitor: RunningMonitor) => void;
}

interface Waiting {
  readonly type: string;
  resolve(message: MonitorMessage): void;
  reject(error: Error): void;
}

/** A plan under way: what the monitor said so far, and what the command printed. */
export class PlanLaunch {
  readonly messages: MonitorMessage[] = [];
  readonly monitor: RunningMonitor;
  /** Resolves when the monitor has ended. */
  readonly closed: Promise<void>;
  /** Resolves with all that was printed when nobody holds the command's standard output any more. */
  readonly output: Promise<string>;
  #waiting: readonly Waiting[] = [];

  constructor(home: TestHome, plan: Plan, settings: LaunchSettings = {}) {
    const fifo = join(home.path, `output-${Math.random().toString(36).slice(2)}`);
    if (spawnSync('mkfifo', [fifo]).status !== 0) throw new Error(`mkfifo ${fifo} failed`);
    const input = openSync('/dev/null', 'r');
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const output = openSync(fifo, 'w');
    this.output = new Promise((resolve, reject) => {
      let text = '';
      const socket = new Socket({ fd: reader, writable: false });
      socket.setEncoding('utf8');
      socket.on('data', (part: string) => {
        text += part;
      });
      socket.once('error', reject);
      socket.once('end', () => resolve(text));
    });
    let ended = (): void => {};
    this.closed = new Promise((resolve) => {
      ended = resolve;
    });
    const monitor = launchMonitor(
      {
        plan,
        header: {
          reportProgress: false,
          lifetime: 'launcher',
          streams: givenStreams,
          killCgroup: '',
          record: null,
          events: null,
          health: null,
          ...settings.header,
        },
        stdio: [input, output, output],
        keep: settings.keep ?? [],
      },
      {
        message: (message, fd) => {
          this.messages.push(message);
          settings.onMessage?.(message, fd, this.monitor);
          if (fd >= 0) closeSync(fd);
          // Init waits until its root was looked at.
          if (message.type === 'step-failed') this.monitor.send({ type: 'acknowledge' });
          for (const { resolve } of this.#take(({ type }) => type === message.type)) resolve(message);
        },
        closed: () => {
          ended();
          const said = JSON.stringify(this.messages);
          for (const { type, reject } of this.#take(() => true)) reject(new Error(`no ${type} came, but ${said}`));
        },
      },
    );
    this.monitor = monitor;
    closeSync(input);
    closeSync(output);
  }

  #take(wanted: (waiting: { readonly type: string }) => boolean): readonly Waiting[] {
    const taken = this.#waiting.filter(wanted);
    this.#waiting = this.#waiting.filter((waiting) => !wanted(waiting));
    return taken;
  }

  /** The first message of this type, maybe one that came already. */
  async message<T extends MonitorMessage['type']>(type: T): Promise<Extract<MonitorMessage, { type: T }>> {
    const there = this.messages.find((message) => message.type === type);
    const message =
      there ??
      (await new Promise<MonitorMessage>((resolve, reject) => {
        this.#waiting = [...this.#waiting, { type, resolve, reject }];
      }));
    return message as Extract<MonitorMessage, { type: T }>;
  }
}

/** Launches a plan and waits for its end. */
export async function runPlan(home: TestHome, plan: Plan, settings: LaunchSettings = {}): Promise<PlanLaunch> {
  const launch = new PlanLaunch(home, plan, settings);
  await launch.closed;
  return launch;
}

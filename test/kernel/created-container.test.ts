import { closeSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { errnoName } from '../../src/errors/errno.ts';
import type { MonitorMessage } from '../../src/native/messages.ts';
import { listenForStart, sayGo } from '../../src/native/start-socket.ts';
import type { OciConfig } from '../../src/oci/config.ts';
import { makeHome } from '../support/home.ts';
import { PlanLaunch, planOf, shellConfig, unpackRoot } from '../support/plan-launch.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const root = unpackRoot(home);
let sockets = 0;

/** Launches a config as `create` does, up to the hand-over. */
async function create(
  config: OciConfig,
  listen: (message: MonitorMessage, launch: PlanLaunch) => void = (message, launch) => {
    if (message.type === 'created') launch.monitor.send({ type: 'acknowledge' });
  },
): Promise<{ readonly launch: PlanLaunch; readonly socket: string }> {
  const socket = join(home.path, `start-${++sockets}.sock`);
  const listener = listenForStart(socket);
  const plan = planOf(config, root, { start: { type: 'on-go', file: 0 } });
  const launch: PlanLaunch = new PlanLaunch(home, plan, {
    header: { lifetime: 'handover' },
    keep: [listener],
    onMessage: (message) => listen(message, launch),
  });
  closeSync(listener);
  return { launch, socket };
}

/** Says go; resolves when the connection has ended, with what came on it. */
const start = (socket: string): Promise<readonly MonitorMessage[]> =>
  new Promise((resolve) => {
    const failures: MonitorMessage[] = [];
    const release = sayGo(socket, {
      failed: (message, fd) => {
        failures.push(message);
        if (fd >= 0) closeSync(fd);
        release();
      },
      closed: () => resolve(failures),
    });
  });

const status = (pid: number, field: string): string =>
  new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';

describe('a created container', () => {
  test('outlives its monitor, runs nothing before it is started, and then runs its command', async () => {
    const { launch, socket } = await create(shellConfig('echo started as $$'));
    const { pid } = await launch.message('handed-over');
    await launch.closed;
    expect((await launch.message('cloned')).pid).toBe(pid);
    expect(status(pid, 'PPid')).not.toBe(String(launch.monitor.pid));
    expect(status(pid, 'NSpid').split(/\s+/).at(-1)).toBe('1');
    expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('tsrun:init\n');
    expect(await start(socket)).toEqual([]);
    expect(await launch.output).toBe('started as 1\n');
  });

  test('holds its standard streams and its socket open while it waits, and nothing of the host', async () => {
    const { launch, socket } = await create(shellConfig('true'));
    const { pid } = await launch.message('handed-over');
    await launch.closed;
    // A process is let go of its last files after it has said so: it sleeps in accept(2) when all is done.
    while (!status(pid, 'State').startsWith('S')) await new Promise(setImmediate);
    const files = readdirSync(`/proc/${pid}/fd`)
      .map(Number)
      .filter((fd) => fd > 2)
      .map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    expect(files.filter((name) => name.startsWith('socket:'))).toHaveLength(1);
    expect(files.filter((name) => !name.startsWith('socket:'))).toEqual(['/']);
    await start(socket);
    await launch.output;
  });

  test('ends with its launcher until the launcher has acknowledged it', async () => {
    const { launch } = await create(shellConfig('echo never'), (message, { monitor }) => {
      if (message.type === 'created') monitor.hangUp();
    });
    await launch.closed;
    expect(await launch.output).toBe('');
    expect(launch.messages.map(({ type }) => type)).toEqual(['cloned', 'created', 'exited']);
  });

  test('ends when whoever starts it goes away without a word', async () => {
    const { launch, socket } = await create(shellConfig('echo never'));
    await launch.message('handed-over');
    const { addon } = await import('../../src/native/addon.ts');
    addon()
      .connectPackets(
        socket,
        () => {},
        () => {},
      )
      .close();
    expect(await launch.output).toBe('');
  });

  test('is not created when there is no such command, and the errno says so', async () => {
    const { launch } = await create(
      shellConfig('', {
        process: { cwd: '/', args: ['no-such'], env: ['PATH=/bin', 'HOME=/'], user: { uid: 0, gid: 0 } },
      }),
    );
    const failure = await launch.message('step-failed');
    expect(failure.operation).toBe('access');
    expect(errnoName(failure.errno)).toBe('ENOENT');
    await launch.closed;
    expect(launch.messages.some(({ type }) => type === 'created')).toBe(false);
  });

  test('is not created when its command is no program, with another errno', async () => {
    const { launch } = await create(
      shellConfig('', { process: { cwd: '/etc', args: ['./passwd'], env: ['HOME=/'], user: { uid: 0, gid: 0 } } }),
    );
    expect(errnoName((await launch.message('step-failed')).errno)).toBe('EACCES');
    await launch.closed;
  });

  test('says on the connection which step failed after the start', async () => {
    // A directory that only root may enter: found out as the user, after the start.
    const { launch, socket } = await create(
      shellConfig('', { process: { cwd: '/root', args: ['/bin/sh'], env: ['HOME=/'], user: { uid: 1, gid: 1 } } }),
    );
    await launch.message('handed-over');
    const failures = await start(socket);
    expect(failures).toMatchObject([{ type: 'step-failed', operation: 'chdir' }]);
    expect(await launch.output).toBe('');
  });

  test('lets hooks of the runtime run when its namespaces and mounts are there, and before its root has changed', async () => {
    let seen = '';
    const { launch, socket } = await create(
      shellConfig('true', { hooks: { createRuntime: [{ path: '/bin/true' }] } }),
      (message, { monitor }) => {
        if (message.type === 'runtime-hooks') {
          seen = readFileSync(`/proc/${message.pid}/mountinfo`, 'utf8');
          monitor.send({ type: 'acknowledge' });
        } else if (message.type === 'created') monitor.send({ type: 'acknowledge' });
      },
    );
    await launch.message('handed-over');
    expect(seen).toContain(`${root}/proc `);
    expect(launch.messages.map(({ type }) => type)).toEqual(['cloned', 'runtime-hooks', 'created', 'handed-over']);
    await start(socket);
    await launch.output;
  });

  test('ends when the launcher hangs up after a hook has failed', async () => {
    const { launch } = await create(
      shellConfig('true', { hooks: { prestart: [{ path: '/bin/false' }] } }),
      (message, { monitor }) => {
        if (message.type === 'runtime-hooks') monitor.hangUp();
      },
    );
    await launch.closed;
    expect(await launch.output).toBe('');
  });
});

/** Speaks to a real message bus, with a service manager of the test's own at the other end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import dbus from '@homebridge/dbus-native';
import { expect } from 'vitest';
import { ServiceManager } from '../../src/cgroup/systemd/service-manager.ts';
import type { ScopeProperty } from '../../src/plan/plan.ts';
import { requires } from '../support/requires.ts';

const test = requires('program-dbus-daemon');

/** What the package can do on the side of a service, and its types do not say. */
interface ServiceBus {
  readonly connection: { end(): void };
  requestName(name: string, flags: number, done: (error: unknown) => void): void;
  setMethodCallHandler(path: string, iface: string, member: string, handler: readonly [Handler, string]): void;
  sendSignal(path: string, iface: string, name: string, signature: string, body: readonly unknown[]): void;
}
type Handler = (...args: readonly unknown[]) => unknown;

const path = '/org/freedesktop/systemd1';
const manager = 'org.freedesktop.systemd1.Manager';

async function startBus() {
  const directory = mkdtempSync(join(tmpdir(), 'tsrun-bus-'));
  const socket = join(directory, 'bus');
  const config = join(directory, 'bus.conf');
  writeFileSync(
    config,
    `<busconfig><type>session</type><listen>unix:path=${socket}</listen><policy context="default">
     <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
  );
  const daemon = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address=1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(createInterface(daemon.stdout), 'line');
  return {
    socket,
    async [Symbol.asyncDispose]() {
      daemon.kill();
      await once(daemon, 'exit');
      rmSync(directory, { recursive: true });
    },
  };
}

type Answer = 'done' | 'failed' | 'refuse' | 'exists';

/** A service manager that answers as told and remembers what it was asked. */
async function startManager(socket: string, answer: Answer) {
  const bus = dbus.createClient({ stream: createConnection(socket) }) as unknown as ServiceBus;
  const asked: (readonly unknown[])[] = [];
  const failure = (name: string, words: string) => Object.assign(new Error(words), { dbusName: name });
  const on = (member: string, signature: string, handler: Handler): void => {
    const remember: Handler = (...args) => {
      // The last is the message itself.
      asked.push([member, ...args.slice(0, -1)]);
      return handler(...args);
    };
    bus.setMethodCallHandler(path, manager, member, [remember, signature]);
  };
  const job: Handler = (unit) => {
    if (answer === 'refuse') throw failure('org.freedesktop.DBus.Error.AccessDenied', 'not today');
    const isFirst = asked.filter(([member]) => member === 'StartTransientUnit').length === 1;
    if (answer === 'exists' && isFirst) throw failure('org.freedesktop.systemd1.UnitExists', 'there already');
    // Before the reply, as systemd may do it.
    bus.sendSignal(path, manager, 'JobRemoved', 'uoss', [7, '/job/7', unit, answer === 'failed' ? 'failed' : 'done']);
    return '/job/7';
  };
  on('Subscribe', '', () => undefined);
  on('StartTransientUnit', 'o', job);
  on('StopUnit', 'o', (unit, mode) => {
    if (unit === 'gone.scope') throw failure('org.freedesktop.systemd1.NoSuchUnit', 'no such unit');
    return job(unit, mode);
  });
  on('ResetFailedUnit', '', () => {
    if (answer !== 'exists') throw failure('org.freedesktop.systemd1.NoSuchUnit', 'no such unit');
  });
  on('SetUnitProperties', '', () => undefined);
  on('AttachProcessesToUnit', '', () => undefined);
  await new Promise<void>((resolve, reject) => {
    bus.requestName('org.freedesktop.systemd1', 0, (error) => (error ? reject(error as Error) : resolve()));
  });
  const members = () => asked.map(([member]) => member);
  return { asked, members, [Symbol.dispose]: () => bus.connection.end() };
}

const properties: readonly ScopeProperty[] = [
  { name: 'PIDs', signature: 'au', value: [4711] },
  { name: 'Delegate', signature: 'b', value: true },
  { name: 'MemoryMax', signature: 't', value: 2n ** 64n - 1n },
  { name: 'AllowedCPUs', signature: 'ay', value: [3, 128] },
];

async function connected<Result>(socket: string, work: (manager: ServiceManager) => Promise<Result>): Promise<Result> {
  const connection = await ServiceManager.connect(socket);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

test('a transient unit is started with typed properties, and waited for', async () => {
  await using bus = await startBus();
  using service = await startManager(bus.socket, 'done');
  await connected(bus.socket, (manager) => manager.start('a.scope', properties));
  const [, unit, mode, sent, auxiliary] = service.asked.at(-1) ?? [];
  expect([unit, mode, auxiliary]).toEqual(['a.scope', 'fail', []]);
  const text = JSON.stringify(sent);
  for (const { name } of properties) expect(text).toContain(`"${name}"`);
  expect(text).toContain('4711');
});

test('a unit that fails to start is an error', async () => {
  await using bus = await startBus();
  using _service = await startManager(bus.socket, 'failed');
  await expect(connected(bus.socket, (manager) => manager.start('a.scope', properties))).rejects.toThrow(
    'starting a.scope ended with "failed"',
  );
});

test('a refusal is told in the service manager’s words', async () => {
  await using bus = await startBus();
  using _service = await startManager(bus.socket, 'refuse');
  await expect(connected(bus.socket, (manager) => manager.start('a.scope', properties))).rejects.toThrow('not today');
});

test('a unit that failed once is reset and started again', async () => {
  await using bus = await startBus();
  using service = await startManager(bus.socket, 'exists');
  await connected(bus.socket, (manager) => manager.start('a.scope', properties));
  expect(service.members()).toEqual(['Subscribe', 'StartTransientUnit', 'ResetFailedUnit', 'StartTransientUnit']);
});

test('properties are changed for as long as the unit runs, processes attached, the unit stopped', async () => {
  await using bus = await startBus();
  using service = await startManager(bus.socket, 'done');
  await connected(bus.socket, async (manager) => {
    await manager.setProperties('a.scope', properties);
    await manager.attach('a.scope', '/below', [1, 2]);
    await manager.stop('a.scope');
    await manager.stop('gone.scope');
  });
  expect(service.asked[1]?.slice(0, 3)).toEqual(['SetUnitProperties', 'a.scope', true]);
  expect(service.asked[2]).toEqual(['AttachProcessesToUnit', 'a.scope', '/below', [1, 2]]);
  expect(service.members().slice(3)).toEqual(['StopUnit', 'ResetFailedUnit', 'StopUnit', 'ResetFailedUnit']);
});

test('a bus without a service manager is an error and no wait', async () => {
  await using bus = await startBus();
  await expect(ServiceManager.connect(bus.socket)).rejects.toThrow('org.freedesktop.systemd1');
  await expect(ServiceManager.connect('/nowhere/bus')).rejects.toThrow('ENOENT');
});

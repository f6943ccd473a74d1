/** Speaks to a real message bus, with a service manager of the test's own at the other end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import dbus from '@homebridge/dbus-native';
import { expect } from 'vitest';
import { startDelegatedScope } from '../../src/cgroup/systemd-scope.ts';
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

/** A service manager that answers as told and remembers the unit it was asked for. */
async function startManager(socket: string, answer: 'done' | 'failed' | 'refuse') {
  const bus = dbus.createClient({ socket }) as unknown as ServiceBus;
  const asked: { unit: unknown; properties: unknown }[] = [];
  bus.setMethodCallHandler(path, manager, 'Subscribe', [() => undefined, '']);
  const start: Handler = (unit, _mode, properties) => {
    asked.push({ unit, properties });
    if (answer === 'refuse') throw Object.assign(new Error('not today'), { dbusName: 'org.example.AccessDenied' });
    // Before the reply, as systemd may do it.
    bus.sendSignal(path, manager, 'JobRemoved', 'uoss', [7, '/job/7', unit, answer]);
    return '/job/7';
  };
  bus.setMethodCallHandler(path, manager, 'StartTransientUnit', [start, 'o']);
  await new Promise<void>((resolve, reject) => {
    bus.requestName('org.freedesktop.systemd1', 0, (error) => (error ? reject(error as Error) : resolve()));
  });
  return { asked, [Symbol.dispose]: () => bus.connection.end() };
}

test('systemd is asked for a delegated scope with this process in it', async () => {
  await using bus = await startBus();
  using service = await startManager(bus.socket, 'done');
  await startDelegatedScope(bus.socket, 4711);
  expect(service.asked).toHaveLength(1);
  expect(service.asked[0]?.unit).toMatch(/^tsrun-4711-[0-9a-f]{8}\.scope$/);
  const text = JSON.stringify(service.asked[0]?.properties);
  expect(text).toContain('"Delegate"');
  expect(text).toMatch(/"PIDs",\[.*\[4711\]/);
});

test('a scope that fails to start is an error', async () => {
  await using bus = await startBus();
  using _service = await startManager(bus.socket, 'failed');
  await expect(startDelegatedScope(bus.socket, 4711)).rejects.toThrow('ended with "failed"');
});

test('a refusal is told in the service manager’s words', async () => {
  await using bus = await startBus();
  using _service = await startManager(bus.socket, 'refuse');
  await expect(startDelegatedScope(bus.socket, 4711)).rejects.toThrow('not today');
});

test('a bus without a service manager is an error and no wait', async () => {
  await using bus = await startBus();
  await expect(startDelegatedScope(bus.socket, 4711)).rejects.toThrow('org.freedesktop.systemd1');
  await expect(startDelegatedScope('/nowhere/bus', 4711)).rejects.toThrow('ENOENT');
});

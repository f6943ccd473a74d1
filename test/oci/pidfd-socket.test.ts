/** --pidfd-socket: who watches a process gets hold of it before its number could mean another. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { makeBundle, type TestBundle } from './bundle.ts';

const home = makeHome();
const receivers: ChildProcess[] = [];
afterAll(() => {
  for (const receiver of receivers) receiver.kill();
  home[Symbol.dispose]();
});

function bundleFor(...args: string[]): TestBundle {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = args;
    config.process.env = ['PATH=/bin'];
  });
  return bundle;
}

/** What comes at the socket, one after the other. */
async function receive(path: string, count: number): Promise<() => Promise<unknown>> {
  const script = join(import.meta.dirname, '../support/descriptor-receiver.py');
  const receiver = spawn('python3', [script, path, `${count}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  receivers.push(receiver);
  const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('listening');
  return async () => JSON.parse((await lines.next()).value as string);
}

const ok = { stderr: '', status: 0 };

test('create and exec send the pidfd of the process that they make', async () => {
  const bundle = bundleFor('sleep', '1000');
  const socket = join(bundle.path, 'pidfd.sock');
  const next = await receive(socket, 2);
  expect(bundle.oci(['create', '--pidfd-socket', socket, '--pid-file', 'pid', 'c'])).toMatchObject(ok);
  const pid = Number(readFileSync(join(bundle.path, 'pid'), 'utf8'));
  expect(await next()).toEqual({ text: 'standard', pids: [pid] });
  expect(bundle.oci(['start', 'c'])).toMatchObject(ok);
  const exec = ['exec', '--detach', '--pidfd-socket', 'pidfd.sock', '--pid-file', 'pid', 'c', 'sleep', '999'];
  expect(bundle.oci(exec)).toMatchObject(ok);
  const other = Number(readFileSync(join(bundle.path, 'pid'), 'utf8'));
  expect(other).not.toBe(pid);
  expect(await next()).toEqual({ text: 'setns', pids: [other] });
  bundle.oci(['delete', '--force', 'c']);
});

test('run sends it too, and nothing of it is open inside', async () => {
  const bundle = bundleFor('sh', '-c', 'ls /proc/self/fd');
  const socket = join(bundle.path, 'pidfd.sock');
  const next = await receive(socket, 1);
  expect(bundle.oci(['run', '--pidfd-socket', socket, 'c'])).toEqual({ ...ok, stdout: '0\n1\n2\n3\n' });
  expect(await next()).toEqual({ text: 'standard', pids: [expect.any(Number)] });
});

test('without a listener nothing is made', () => {
  const bundle = bundleFor('true');
  const refused = bundle.oci(['create', '--pidfd-socket', join(bundle.path, 'nosuch'), 'c']);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('cannot connect to the pidfd socket');
  expect(readdirSync(bundle.root)).toEqual([]);
});

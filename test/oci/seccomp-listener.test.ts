/** A filter that asks somebody outside: runtime-spec config-linux.md#seccomp, listenerPath. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { makeBundle, type TestBundle } from './bundle.ts';

const home = makeHome();
const agents: ChildProcess[] = [];
afterAll(() => {
  for (const agent of agents) agent.kill();
  home[Symbol.dispose]();
});

/** An agent for so many processes, and what it prints. */
async function startAgent(socket: string, count: number): Promise<() => Promise<unknown>> {
  const agent = spawn('python3', [join(import.meta.dirname, '../support/seccomp-agent.py'), socket, `${count}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  agents.push(agent);
  const lines = createInterface({ input: agent.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  expect(first.value).toBe('listening');
  return async () => JSON.parse((await lines.next()).value as string);
}

function bundleAsking(script: string, noNewPrivileges: boolean): { bundle: TestBundle; socket: string } {
  const bundle = makeBundle(home.path);
  const socket = join(bundle.path, 'agent.sock');
  bundle.configure((config) => {
    config.process.args = ['sh', '-c', script];
    config.process['noNewPrivileges'] = noNewPrivileges;
    config.annotations = { 'org.example.who': 'test' };
    config.linux['seccomp'] = {
      defaultAction: 'SCMP_ACT_ALLOW',
      listenerPath: socket,
      listenerMetadata: 'for the agent',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
    };
  });
  return { bundle, socket };
}

describe('a seccomp listener', () => {
  // An ordinary user's filter needs no_new_privs or CAP_SYS_ADMIN in its user namespace, which init has.
  test.each([true, false])('answers for the container, no_new_privs %s', async (noNewPrivileges) => {
    const { bundle, socket } = bundleAsking('mkdir /made', noNewPrivileges);
    const next = await startAgent(socket, 1);
    const ran = bundle.oci(['run', 'c']);
    expect(ran).toMatchObject({
      status: 1,
      stderr: "mkdir: can't create directory '/made': Socket operation on non-socket\n",
    });
    const pid = expect.any(Number);
    expect(await next()).toEqual({
      descriptors: 1,
      message: {
        ociVersion: expect.stringMatching(/^1\./),
        fds: ['seccompFd'],
        pid,
        metadata: 'for the agent',
        state: {
          ociVersion: expect.stringMatching(/^1\./),
          id: 'c',
          status: 'creating',
          pid,
          bundle: bundle.path,
          annotations: { 'org.example.who': 'test' },
        },
      },
    });
    expect(await next()).toEqual({ asked: pid });
    bundle.oci(['delete', '--force', 'c']);
  });

  test('is told the pid of each process, of create and of exec', async () => {
    const { bundle, socket } = bundleAsking('mkdir /made; exec sleep 1000', true);
    const next = await startAgent(socket, 2);
    expect(bundle.oci(['create', '--pid-file', 'pid', 'c'])).toMatchObject({ stderr: '', status: 0 });
    const { pid } = JSON.parse(bundle.oci(['state', 'c']).stdout) as { pid: number };
    expect(bundle.oci(['start', 'c'])).toMatchObject({ stderr: '', status: 0 });
    expect(await next()).toMatchObject({ message: { pid, state: { pid } } });
    // The shell's child was asked about; the container is not in the way of the next.
    expect(await next()).toEqual({ asked: expect.any(Number) });
    const ran = bundle.oci(['exec', 'c', 'mkdir', '/made']);
    expect(ran.stderr).toContain('Socket operation on non-socket');
    const told = (await next()) as { message: { pid: number; state: unknown } };
    expect(told.message.state).toMatchObject({ pid, status: 'running' });
    expect(told.message.pid).not.toBe(pid);
    bundle.oci(['delete', '--force', 'c']);
  });

  test('that nobody is stops the container before it begins', () => {
    const { bundle, socket } = bundleAsking('true', true);
    const created = bundle.oci(['create', 'c']);
    expect(created.status).not.toBe(0);
    expect(created.stderr).toContain('linux.seccomp.listenerPath');
    expect(created.stderr).toContain(socket);
    expect(bundle.oci(['state', 'c']).stderr).toContain('does not exist');
  });
});

/** --console-socket: a client takes the terminal over, and nothing of ours holds it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { makeBundle, type TestBundle } from './bundle.ts';

const home = makeHome();
const holders: ChildProcessWithoutNullStreams[] = [];
afterAll(() => {
  for (const holder of holders) holder.kill();
  home[Symbol.dispose]();
});

const ok = { stdout: '', stderr: '', status: 0 };

function bundleFor(terminal: boolean, ...args: string[]): TestBundle {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    Object.assign(config.process, { args, terminal, env: ['PATH=/bin'] });
    if (terminal) config.process['consoleSize'] = { height: 30, width: 100 };
  });
  return bundle;
}

/** A client that listens at a socket of the bundle. */
async function holder({ path }: TestBundle) {
  const socket = join(path, `console-${holders.length}`);
  const script = join(import.meta.dirname, '..', 'support', 'terminal-holder.py');
  const child = spawn('python3', [script, socket]);
  holders.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string | undefined> => (await lines.next()).value as string | undefined;
  expect(await next()).toBe('listening');
  return { socket, next, tell: (line: string) => child.stdin.write(`${line}\n`) };
}

test('create hands the terminal over in its size before the command runs; it is typed into, resized and closed from there', async () => {
  const script = [
    'tty; stty size; ls -l /dev/console | cut -c1-10',
    'trap "stty size" WINCH; trap "exit 9" HUP',
    'read word; echo "got $word"; while :; do sleep 0.05; done',
  ];
  const bundle = bundleFor(true, 'sh', '-c', script.join('\n'));
  const { socket, next, tell } = await holder(bundle);
  expect(bundle.oci(['create', '--console-socket', socket, 'c'])).toEqual(ok);
  expect(JSON.parse((await next()) ?? '')).toEqual({ text: '/dev/ptmx', count: 1, rows: 30, columns: 100 });
  expect(bundle.oci(['start', 'c'])).toEqual(ok);
  expect([await next(), await next(), await next()]).toEqual(['/dev/pts/0', '30 100', 'crw--w----']);
  tell('word');
  // The terminal's echo, then the command's answer.
  expect([await next(), await next()]).toEqual(['word', 'got word']);
  tell('size 40 120');
  expect(await next()).toBe('40 120');
  const status = (): string => (JSON.parse(bundle.oci(['state', 'c']).stdout) as { status: string }).status;
  expect(status()).toBe('running');
  tell('leave');
  while (status() !== 'stopped');
  expect(bundle.oci(['delete', 'c'])).toEqual(ok);
});

test('exec hands over a terminal of its own, in the foreground and in the background', async () => {
  const bundle = bundleFor(false, 'sleep', '1000');
  expect(bundle.oci(['run', '--detach', 'c'])).toEqual(ok);
  for (const flags of [['--detach'], []]) {
    const { socket, next } = await holder(bundle);
    const command = ['c', 'sh', '-c', 'tty; test -t 0 && test -t 1 && test -t 2 && echo all'];
    expect(bundle.oci(['exec', '--tty', ...flags, '--console-socket', socket, ...command])).toEqual(ok);
    expect(JSON.parse((await next()) ?? '')).toMatchObject({ text: '/dev/ptmx', count: 1 });
    expect([await next(), await next(), await next()]).toEqual(['/dev/pts/0', 'all', undefined]);
  }
  expect(bundle.oci(['delete', '--force', 'c'])).toEqual(ok);
});

test('run waits for the command, whose terminal somebody else has', async () => {
  const bundle = bundleFor(true, 'sh', '-c', 'echo from inside; exit 7');
  const { socket, next } = await holder(bundle);
  expect(bundle.oci(['run', '--console-socket', socket, 'c'])).toEqual({ ...ok, status: 7 });
  await next();
  expect([await next(), await next()]).toEqual(['from inside', undefined]);
});

test.each([
  ['a terminal and nobody to take it', true, [], 'nobody would hold its other side when this command ends'],
  ['a socket and no terminal', false, ['--console-socket', 'nosuch'], 'so there is no terminal to hand over'],
  ['a socket that nobody listens at', true, ['--console-socket', 'nosuch'], 'cannot connect to the console socket'],
] as const)('create refuses %s, and leaves nothing', (_, terminal, flags, words) => {
  const bundle = bundleFor(terminal, 'true');
  const refused = bundle.oci(['create', ...flags, 'c']);
  expect(refused).toMatchObject({ stdout: '', status: 1 });
  expect(refused.stderr).toContain(words);
  expect(existsSync(join(bundle.root, 'c'))).toBe(false);
});

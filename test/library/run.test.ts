import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, describe, expect } from 'vitest';
import { run, TsrunError } from '../../src/index.ts';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const places = { store: home.store, root: home.state };
const sh = (script: string) => run(busybox, { ...places, command: ['sh', '-c', script] });
const containers = () => readdirSync(join(home.store, 'containers'));

describe('run', () => {
  test('gives the output and the status of a command', async () => {
    const container = await sh('echo out; echo err >&2; exit 3');
    expect(await container.result()).toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 3, signal: null });
  });

  test('names the signal that ended the command', async () => {
    const container = await sh('echo ready; exec sleep 1000');
    container.kill('SIGKILL');
    expect(await container.exit).toEqual({ exitCode: 137, signal: 'SIGKILL' });
  });

  test('knows how it ended also when its monitor has not heard all that it was told', async () => {
    const container = await sh('exec sleep 1000');
    const parent = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${container.pid}/status`, 'utf8'))?.[1]);
    process.kill(parent, 'SIGSTOP');
    while (!/^State:\s*T/m.test(readFileSync(`/proc/${parent}/status`, 'utf8'))) await setImmediate();
    process.kill(container.pid, 'SIGKILL');
    for (let times = 0; times < 20; times++) container.kill('SIGUSR1');
    process.kill(parent, 'SIGCONT');
    expect(await container.exit).toEqual({ exitCode: 137, signal: 'SIGKILL' });
  });

  test('feeds a text to standard input', async () => {
    const container = await run(busybox, { ...places, command: ['rev'], stdin: { text: 'abc\n' } });
    expect((await container.result()).stdout).toBe('cba\n');
  });

  test('streams while the container runs', async () => {
    await using container = await run(busybox, { ...places, command: ['cat'], stdin: 'pipe' });
    const seen: string[] = [];
    const first = new Promise<void>((resolve) => {
      container.stdout?.on('data', (chunk: Buffer) => {
        seen.push(chunk.toString());
        resolve();
      });
    });
    container.stdin?.write('now\n');
    await first;
    expect(seen.join('')).toBe('now\n');
    container.stdin?.end();
    expect((await container.exit).exitCode).toBe(0);
  });

  test('a container that leaves its scope is gone', async () => {
    let pid = 0;
    {
      await using container = await sh('exec sleep 1000');
      pid = container.pid;
      expect(existsSync(`/proc/${pid}`)).toBe(true);
    }
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(containers()).toEqual([]);
  });

  test('an AbortSignal ends a running container', async () => {
    const controller = new AbortController();
    const container = await run(busybox, { ...places, command: ['sleep', '1000'], signal: controller.signal });
    controller.abort();
    expect((await container.exit).exitCode).toBe(137);
    expect(containers()).toEqual([]);
  });

  test('an AbortSignal that has fired keeps a container from starting', async () => {
    await expect(run(busybox, { ...places, command: ['true'], signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(containers()).toEqual([]);
  });

  test('errors are TsrunErrors with code, reason and hint', async () => {
    const error = await run('/no/such.tar', places).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TsrunError);
    expect(error).toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });

  test('a wrong option says what is allowed', async () => {
    await expect(run(busybox, { ...places, memory: '5x' })).rejects.toMatchObject({ code: 'USAGE' });
  });

  // Test runners strip types without a look at them.
  test('an option that does not exist is refused with the nearest name', async () => {
    const unchecked = (options: object) => run(busybox, { ...places, command: ['true'], ...options });
    await expect(unchecked({ memroy: '64m' })).rejects.toMatchObject({ code: 'USAGE', hint: 'did you mean "memory"?' });
    await expect(unchecked({ interactive: true })).rejects.toMatchObject({
      message: 'unknown option "interactive" of run',
    });
    await expect(unchecked({ command: 'true' })).rejects.toMatchObject({ why: 'it is not a list of words' });
    await expect(unchecked({ stdin: 'text' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(run(undefined as unknown as string, places)).rejects.toMatchObject({ message: 'no image was given' });
    await using container = await run(busybox, { ...places, command: ['sleep', '1000'] });
    const usr = { usr: 'root' } as object;
    await expect(container.exec(['id'], usr)).rejects.toMatchObject({ hint: 'did you mean "user"?' });
  });

  test('a missing command leaves nothing behind', async () => {
    await expect(run(busybox, { ...places, command: ['no-such-command'] })).rejects.toMatchObject({
      code: 'COMMAND_NOT_FOUND',
    });
    expect(containers()).toEqual([]);
  });

  test('exec runs one more command in it', async () => {
    await using container = await sh('echo here > /file; echo ready; exec sleep 1000');
    await new Promise((resolve) => container.stdout?.once('data', resolve));
    expect(await (await container.exec(['cat', '/file'])).result()).toMatchObject({ stdout: 'here\n', exitCode: 0 });
    container.kill('SIGKILL');
    await container.exit;
    await expect(container.exec(['true'])).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  });

  test('pause stops all its processes, unpause lets them go on', async () => {
    await using container = await run(busybox, {
      ...places,
      command: ['sh', '-c', 'while read line; do echo "got $line"; done'],
      stdin: 'pipe',
    });
    await container.pause();
    container.stdin?.write('x\n');
    container.unpause();
    container.stdin?.end();
    expect((await container.result()).stdout).toBe('got x\n');
  });

  test('pause asked for twice at once is one pause', async () => {
    await using container = await sh('exec sleep 1000');
    await Promise.all([container.pause(), container.pause()]);
    container.unpause();
    container.kill('SIGKILL');
    expect(await container.exit).toEqual({ exitCode: 137, signal: 'SIGKILL' });
  });

  test('more output than result() keeps is an error of result(), and streams have all of it', async () => {
    await using container = await sh('head -c 150m /dev/zero');
    let size = 0;
    container.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    await expect(container.result()).rejects.toMatchObject({ code: 'OUTPUT_TOO_LARGE' });
    expect(size).toBe(150 * 1024 * 1024);
  });

  test('many at once work and leave nothing', async () => {
    const results = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => (await (await sh(`echo ${i}`)).result()).stdout),
    );
    expect(results).toEqual(Array.from({ length: 10 }, (_, i) => `${i}\n`));
    expect(containers()).toEqual([]);
  });
});

/** Containers that live on their own, from a program. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { type AnyContainer, create, list, open, type RunningContainer } from '../../src/index.ts';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const places = { store: home.store, root: home.state };
const made = (script: string, more: object = {}) =>
  create(busybox, { ...places, command: ['sh', '-c', script], ...more });
const containers = () => readdirSync(join(home.store, 'containers'));
const parentOf = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[1]);

describe('a container of create', () => {
  test('goes through its states, each an object of its own', async () => {
    await using created = await made('trap "exit 7" TERM; echo ready; while :; do sleep 0.05 & wait $!; done', {
      name: 'states',
    });
    expect([created.state, created.name, created.id.length]).toEqual(['created', 'states', 64]);
    const running = await created.start();
    expect(running.state).toBe('running');
    await untilLogged(running, 'ready');
    const exited = await running.stop({ stopTimeout: 20 });
    expect(exited.state).toBe('exited');
    expect(exited.exit).toMatchObject({ type: 'seen', exitCode: 7, signal: null, oomKills: 0 });
    const again = await exited.start();
    expect(again.pid).not.toBe(running.pid);
    await again.kill('KILL');
    expect((await again.wait()).exit).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
  });

  test('is known to every other program, and says all there is to know', async () => {
    await using created = await made('exec sleep 1000', {
      name: 'known',
      labels: { course: 'os' },
      stopTimeout: 3,
      user: '65534',
    });
    const running = await created.start();
    const found = await open('known', places);
    expect([found.id, found.state]).toEqual([created.id, 'running']);
    expect((await list(places)).map(({ name, state }) => ({ name, state }))).toEqual([
      { name: 'known', state: 'running' },
    ]);
    expect(await found.inspect()).toMatchObject({
      name: 'known',
      state: 'running',
      pid: running.pid,
      exit: null,
      command: ['sh', '-c', 'exec sleep 1000'],
      labels: { course: 'os' },
      stopSignal: 'SIGTERM',
      stopTimeout: 3,
      user: '65534',
      rm: false,
    });
    expect((await found.inspect()).started?.getTime()).toBeGreaterThanOrEqual(
      (await found.inspect()).created.getTime(),
    );
  });

  test('that leaves its scope is gone, in whatever state, and its monitor reaped', async () => {
    const pids: number[] = [];
    {
      await using created = await made('exec sleep 1000');
      await using running = await created.start();
      pids.push(running.pid, parentOf(running.pid));
      expect(pids.map((pid) => existsSync(`/proc/${pid}`))).toEqual([true, true]);
    }
    expect(existsSync(`/proc/${pids[0]}`)).toBe(false);
    // This process started its monitor, and is told of its end in a turn of its own.
    while (existsSync(`/proc/${pids[1]}`)) await new Promise((resolve) => setImmediate(resolve));
    expect(containers()).toEqual([]);
  });

  test('that was opened is let go, and still there', async () => {
    await using created = await made('exec sleep 1000', { name: 'stays' });
    await created.start();
    {
      await using found = await open('stays', places);
      expect(found.state).toBe('running');
    }
    expect((await open('stays', places)).state).toBe('running');
  });

  test('is removed by remove, and then nobody finds it', async () => {
    const created = await made('true', { name: 'goes' });
    await created.remove();
    await expect(open('goes', places)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
    await expect(created.inspect()).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
    await created[Symbol.asyncDispose]();
  });

  test('of which two are given one name is refused', async () => {
    await using _ = await made('true', { name: 'twice' });
    await expect(made('true', { name: 'twice' })).rejects.toMatchObject({ code: 'NAME_IN_USE' });
  });

  test('with a restart policy is one that restarts between its end and its next start', async () => {
    await using created = await made('exit 3', { name: 'again', restart: 'always' });
    await created.start();
    let found = await open('again', places);
    while (found.state !== 'restarting') {
      await new Promise((resolve) => setImmediate(resolve));
      found = await open('again', places);
    }
    expect(found.exit).toMatchObject({ type: 'seen', exitCode: 3 });
    expect((await found.stop()).exit).toMatchObject({ exitCode: 3 });
    expect((await open('again', places)).state).toBe('exited');
  });

  test('that cannot start is as before', async () => {
    await using created = await create(busybox, { ...places, command: ['no-such-command'] });
    await expect(created.start()).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' });
    expect((await created.inspect()).state).toBe('created');
  });
});

describe('an object of a state that has passed', () => {
  test('starts nothing twice', async () => {
    await using created = await made('exec sleep 1000');
    await created.start();
    await expect(created.start()).rejects.toMatchObject({
      code: 'CONTAINER_STATE',
      why: 'the object stands for a container that is created, and it is running now',
    });
    await expect(created.remove()).rejects.toMatchObject({ code: 'CONTAINER_STATE' });
  });

  test('of two starts at once lets one win, and tells the other', async () => {
    await using created = await made('exec sleep 1000');
    const outcomes = await Promise.allSettled([created.start(), created.start()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONTAINER_STATE' } });
  });

  test('runs nothing in a container that has ended', async () => {
    await using created = await made('true');
    const running = await created.start();
    const exited = await running.wait();
    expect(exited.exit).toMatchObject({ exitCode: 0 });
    await expect(running.exec(['true'])).rejects.toMatchObject({ code: 'CONTAINER_STATE' });
    await expect(running.attach()).rejects.toMatchObject({ code: 'CONTAINER_STATE' });
    await expect(running.pause()).rejects.toMatchObject({ code: 'CONTAINER_STATE' });
    await expect(running.kill('TERM')).rejects.toMatchObject({ code: 'CONTAINER_STATE' });
  });

  test('of one that ended by itself says so to stop and wait: nobody could have known', async () => {
    await using created = await made('exit 4');
    const running = await created.start();
    await running.wait();
    expect((await running.stop()).exit).toMatchObject({ exitCode: 4 });
    expect((await running.wait()).exit).toMatchObject({ exitCode: 4 });
  });
});

describe('a stopped container', () => {
  test('has no exec, to the compiler and to a program', async () => {
    await using created = await made('true');
    const exited = await (await created.start()).wait();
    expect(['exec', 'attach', 'stop', 'kill', 'pause'].filter((name) => name in exited)).toEqual([]);
    expect(['exec', 'attach', 'logs', 'stop', 'exit'].filter((name) => name in created)).toEqual([]);
    expect(typesOfStates).toBeInstanceOf(Function);
  });
});

describe('exec', () => {
  test('gives the output and the status of one more command, as whom and where it was asked', async () => {
    await using running = await started('exec sleep 1000');
    const exec = await running.exec(['sh', '-c', 'echo $A; id -u; pwd; cat; echo err >&2; exit 3'], {
      env: { A: 'b' },
      user: '65534',
      workdir: '/tmp',
      stdin: { text: 'in\n' },
    });
    expect(await exec.result()).toEqual({
      stdout: 'b\n65534\n/tmp\nin\n',
      stderr: 'err\n',
      exitCode: 3,
      signal: null,
    });
  });

  test('streams, and takes signals', async () => {
    await using running = await started('exec sleep 1000');
    await using exec = await running.exec(['cat'], { stdin: 'pipe' });
    const first = new Promise<string>((resolve) => {
      exec.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    });
    exec.stdin?.write('now\n');
    expect(await first).toBe('now\n');
    exec.kill('INT');
    expect(await exec.exit).toEqual({ exitCode: 130, signal: 'SIGINT' });
  });

  test('that leaves its scope, or is aborted, is killed, and the container goes on', async () => {
    await using running = await started('exec sleep 1000');
    const abort = new AbortController();
    const aborted = await running.exec(['sleep', '1000'], { signal: abort.signal });
    {
      await using exec = await running.exec(['sleep', '1000']);
      expect(exec.stdin).toBe(null);
    }
    abort.abort();
    expect((await aborted.exit.catch((error: unknown) => error)) as object).toMatchObject({ exitCode: 137 });
    const { stdout } = await (await running.exec(['sh', '-c', 'ps -o comm | grep -c sleep'])).result();
    expect(stdout).toBe('1\n');
  });

  test('with a terminal has one', async () => {
    await using running = await started('exec sleep 1000');
    const exec = await running.exec(['sh', '-c', 'test -t 0 && test -t 2 && read line && echo "<$line>" >&2'], {
      tty: true,
      stdin: { text: 'typed\n' },
    });
    expect(await exec.result()).toMatchObject({ stdout: 'typed\r\n<typed>\r\n', stderr: '', exitCode: 0 });
  });

  test('with a terminal of a size has that, and another one when it is told so', async () => {
    await using running = await started('exec sleep 1000');
    await using exec = await running.exec(
      ['sh', '-c', 'trap "stty size; exit" WINCH; stty size; while :; do sleep 0.02; done'],
      { tty: { rows: 41, columns: 123 } },
    );
    await new Promise((resolve) => exec.stdout?.once('data', resolve));
    expect(() => exec.resize({ rows: -1, columns: 80 })).toThrow('no terminal has -1 rows and 80 columns');
    exec.resize({ rows: 50, columns: 200 });
    expect(await exec.result()).toMatchObject({ stdout: '41 123\r\n50 200\r\n', exitCode: 0 });
  });

  test('of a command that is not there says so', async () => {
    await using running = await started('exec sleep 1000');
    await expect(running.exec(['no-such-command'])).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' });
    await expect(running.exec(['true'], { user: 'nobody-knows' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
  });

  test('twenty at once keep their output apart', async () => {
    await using running = await started('exec sleep 1000');
    const texts = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => (await (await running.exec(['echo', `${i}`])).result()).stdout),
    );
    expect(texts).toEqual(Array.from({ length: 20 }, (_, i) => `${i}\n`));
  });
});

describe('untilHealthy', () => {
  test('resolves when the check has found it healthy, and inspect says so', async () => {
    await using running = await started('sleep 0.3; touch /ready; exec sleep 1000', {
      healthCmd: 'test -e /ready',
      healthInterval: '100ms',
      healthStartPeriod: '60s',
      healthStartInterval: '100ms',
    });
    await running.untilHealthy();
    expect((await running.inspect()).health).toMatchObject({ status: 'healthy', streak: 0 });
    expect((await running.inspect()).health?.log.at(-1)).toMatchObject({ exitCode: 0 });
  });

  test('ends with the container, an AbortSignal, or where there is no check', async () => {
    const abort = new AbortController();
    await using sick = await started('read line', { healthCmd: 'false', interactive: true });
    const aborted = sick.untilHealthy({ signal: abort.signal });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
    const waiting = sick.untilHealthy();
    await sick.kill('KILL');
    await expect(waiting).rejects.toMatchObject({ code: 'CONTAINER_STATE', why: 'it has ended' });
    await using unknown = await started('exec sleep 1000');
    await expect(unknown.untilHealthy()).rejects.toMatchObject({ code: 'CONTAINER_STATE' });
  });
});

describe('an AbortSignal', () => {
  test('that has fired keeps a container from being made, and from starting', async () => {
    const signal = AbortSignal.abort();
    await expect(made('true', { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(containers()).toEqual([]);
    await using created = await made('true');
    await expect(created.start({ signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect((await created.inspect()).state).toBe('created');
  });

  test('ends waiting, and the container goes on', async () => {
    await using running = await started('exec sleep 1000');
    const abort = new AbortController();
    const waiting = running.wait({ signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    expect((await running.inspect()).state).toBe('running');
  });

  test('ends the patience of stop: it has its signal, and is not killed', async () => {
    await using running = await started('trap "echo asked" TERM; echo ready; while :; do sleep 0.05 & wait $!; done');
    await untilLogged(running, 'ready');
    const abort = new AbortController();
    const stopping = running.stop({ stopTimeout: 600, signal: abort.signal });
    await untilLogged(running, 'asked');
    abort.abort();
    await expect(stopping).rejects.toMatchObject({ code: 'ABORTED' });
    expect((await running.inspect()).state).toBe('running');
  });
});

/** Removed with its object. */
async function started(script: string, more: object = {}): Promise<RunningContainer> {
  const created = await made(script, more);
  try {
    return await created.start();
  } catch (error) {
    await created[Symbol.asyncDispose]();
    throw error;
  }
}

async function untilLogged(container: RunningContainer, text: string): Promise<void> {
  for await (const entry of container.logs({ follow: true })) if (entry.text === text) return;
  throw new Error(`the container ended without "${text}"`);
}

/** Checked by tsc: each state has what it can do and no more. */
async function typesOfStates(container: AnyContainer): Promise<void> {
  // @ts-expect-error: nobody knows yet whether it runs
  await container.exec(['true']);
  switch (container.state) {
    case 'created':
      await (await container.start()).exec(['true']);
      // @ts-expect-error: it has printed nothing
      container.logs();
      // @ts-expect-error: it does not run
      await container.stop();
      break;
    case 'running':
      await (await container.stop()).start();
      // @ts-expect-error: it runs already
      await container.start();
      // @ts-expect-error: it has to be stopped first
      await container.remove();
      // @ts-expect-error: how it ends is not known
      container.exit.finished.getTime();
      break;
    case 'paused':
      await (await container.unpause()).pause();
      // @ts-expect-error: nothing can start in it
      await container.exec(['true']);
      break;
    case 'restarting':
      await (await container.stop()).start();
      // @ts-expect-error: it is about to start by itself
      await container.start();
      break;
    case 'exited':
      if (container.exit.type === 'seen') container.exit.exitCode.toFixed();
      // @ts-expect-error: nobody saw with which status, maybe
      container.exit.exitCode;
      // @ts-expect-error: a stopped container has no exec
      await container.exec(['true']);
      // @ts-expect-error: there is nothing to attach to
      await container.attach();
      break;
  }
}

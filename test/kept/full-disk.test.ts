/**
 * A full disk under the store and the state directory: the container goes on, what is lost of its log is counted, and nothing that was
 * written down is lost. The disk is a small tmpfs, in a mount namespace of the test's own.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { repository, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { type Outcome, Running } from '../support/tsrun.ts';

const home = makeHome();
// An ordinary user mounts in a user namespace of its own.
const own = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user', '--map-auto'];
let disk: Running;

beforeAll(async () => {
  const mount = 'mount -t tmpfs -o size=12m,mode=700 none "$0" && echo mounted && exec cat';
  disk = new Running(spawn('unshare', [...own, '--mount', 'sh', '-c', mount, home.path]));
  await disk.until('mounted');
});
afterAll(async () => {
  await inside('sh', '-c', '"$0" rm -f $("$0" ps -aq)', tsrunPath);
  disk.end();
  await disk.outcome;
  home[Symbol.dispose]();
});
const test = requires('subuid');
afterEach(async () => {
  await free();
});

/** A program where the disk is. */
function start(...argv: readonly string[]): Running {
  const user = own.length === 0 ? [] : ['--user', '--preserve-credentials'];
  return new Running(
    spawn('nsenter', ['--target', `${disk.pid}`, ...user, '--mount', ...argv], {
      env: { ...process.env, ...home.env },
    }),
  );
}
function inside(...argv: readonly string[]): Promise<Outcome> {
  const running = start(...argv);
  running.end();
  return running.outcome;
}
const tsrun = (...args: readonly string[]): Promise<Outcome> => inside(tsrunPath, ...args);
async function text(...args: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await tsrun(...args);
  if (exitCode !== 0) throw new Error(`tsrun ${args.join(' ')} gave ${exitCode}:\n${stderr}`);
  return stdout.replace(/\n$/, '');
}
const run = ['run', '-q'];
const library = pathToFileURL(join(repository, 'dist/lib/index.js')).href;
const inspect = (name: string, template: string): Promise<string> => text('inspect', '--format', template, name);
const ballast = join(home.path, 'ballast');
/** No page is free afterwards. */
const fill = (): Promise<Outcome> => inside('sh', '-c', 'cat /dev/zero > "$0" 2>/dev/null', ballast);
const free = (): Promise<Outcome> => inside('rm', '-f', ballast);
/** A file of the container's directory, as a process there sees it. */
const fileOf = (id: string, name: string): string =>
  readFileSync(join('/proc', `${disk.pid}`, 'root', home.store, 'containers', id, name), 'utf8');

/** Says lines to a container that prints them back. */
async function told(name: string, ...lines: readonly string[]): Promise<void> {
  const attached = start(tsrunPath, 'attach', name);
  for (const line of lines) {
    attached.write(`${line}\n`);
    await attached.until(line);
  }
  attached.signal('SIGKILL');
  await attached.outcome;
}

describe('while a container logs', () => {
  test('it goes on, what does not fit is counted, and what was there before stays', async () => {
    const id = await text(...run, '-di', '--name', 'talker', busybox, 'cat');
    await told('talker', 'before');
    await fill();
    // More than the file's last page has room for.
    const long = Array.from({ length: 40 }, (_, n) => `line ${n} ${'x'.repeat(500)} end-of-${n}`);
    await told('talker', ...long);
    expect(await inspect('talker', '{{.State.Status}}')).toBe('running');
    await free();
    await told('talker', 'after');
    const lines = fileOf(id, 'log').trimEnd().split('\n');
    expect(lines[0]).toMatch(/ stdout F before$/);
    expect(lines.at(-1)).toMatch(/ stdout F after$/);
    const said = lines.filter((line) => line.split(' ')[1] === 'tsrun');
    const counts = said.map((line) => Number(/^\S+Z tsrun F (\d+) bytes lost: ENOSPC$/.exec(line)?.[1]));
    const lost = counts.reduce((a, b) => a + b);
    // Byte for byte: what is there and what is counted is what was printed.
    const kept = lines.filter((line) => line.includes(' end-of-'));
    for (const line of kept) expect(line).toMatch(/^\S+Z stdout F line \d+ x{500} end-of-\d+$/);
    const printed = long.map((line) => line.length + 1).reduce((a, b) => a + b);
    const found = kept.map((line) => line.length + 1 - '2026-01-02T03:04:05.678901234Z stdout F '.length);
    expect(lost + found.reduce((a, b) => a + b, 0)).toBe(printed);
    // Who reads the log is told in its place.
    expect((await tsrun('logs', 'talker')).stderr).toContain(`${counts[0]} bytes`);
    await text('rm', '-f', 'talker');
  });

  test('what was lost until its end is counted too, when there is room by then', async () => {
    const id = await text(...run, '-di', '--name', 'last', busybox, 'cat');
    await fill();
    await told('last', ...Array.from({ length: 20 }, (_, n) => `${'y'.repeat(500)} ${n}.`));
    await free();
    await text('stop', '-t', '0', 'last');
    expect(fileOf(id, 'log')).toMatch(/Z tsrun F \d+ bytes lost: ENOSPC\n$/);
    await text('rm', 'last');
  });

  test('why knows who ended it', async () => {
    await text(...run, '-d', '--name', 'ended', busybox, 'sleep', '1000');
    await fill();
    await text('stop', '-t', '1', 'ended');
    // Its own line, as far as an inode has room for it.
    expect(await text('why', 'ended')).toMatch(
      /"tsrun stop -t 1 end.*" killed it: it did not end within \d+ s of SIGTERM/,
    );
    await text('rm', 'ended');
  });

  test('a monitor that rests forgets nothing of it', async () => {
    const id = await text(...run, '-di', '--name', 'rests', busybox, 'cat');
    await fill();
    await told('rests', ...Array.from({ length: 20 }, (_, n) => `${'z'.repeat(500)} ${n}.`));
    // Two seconds in which nothing happens: it rests after one.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await free();
    await told('rests', 'again');
    expect(fileOf(id, 'log')).toMatch(/Z tsrun F \d+ bytes lost: ENOSPC\n\S+ stdout F again\n$/);
    await text('rm', '-f', 'rests');
  });
});

const noRoom = expect.stringMatching(
  /^tsrun: [^\n]*\n {2}ENOSPC: no space left on device[^\n]*\n {2}hint: free some space/,
);

describe('while its state changes', () => {
  test('it can be told to end, and how it ended is known', async () => {
    const id = await text(
      ...run,
      '-d',
      '--name',
      'quits',
      busybox,
      'sh',
      '-c',
      'trap "exit 3" TERM; echo on; while :; do sleep 0.05; done',
    );
    const logs = start(tsrunPath, 'logs', '-f', 'quits');
    await logs.until('on');
    await fill();
    expect(await text('exec', 'quits', 'echo', 'in')).toBe('in');
    expect(await text('stop', 'quits')).toBe('quits');
    await logs.outcome;
    expect(await inspect('quits', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 3');
    expect(await text('ps', '-a', '--format', '{{.Names}} {{.Status}}')).toMatch(/^quits Exited \(3\)/);
    // Neither can it be started without room, nor does the try cost anything.
    expect(await tsrun('start', 'quits')).toMatchObject({ exitCode: 1, stderr: noRoom });
    expect(await inspect('quits', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 3');
    expect(fileOf(id, 'config.json')).toContain('"ociVersion"');
    await free();
    await text('start', 'quits');
    await text('rm', '-f', 'quits');
  });

  test('the loss of its monitor is told, again and again if need be', async () => {
    const id = await text(...run, '-d', '--name', 'orphan', busybox, 'sleep', '1000');
    const monitor = Number(/^monitor (\d+)$/m.exec(fileOf(id, 'running'))?.[1]);
    await fill();
    process.kill(monitor, 'SIGKILL');
    await text('wait', 'orphan');
    for (let n = 0; n < 2; n++) {
      expect(await text('ps', '-a', '--format', '{{.Names}} {{.Status}}')).toMatch(/^orphan Monitor lost/);
    }
    await free();
    expect(await text('ps', '-a', '--format', '{{.Names}} {{.Status}}')).toMatch(/^orphan Monitor lost/);
    await text('start', 'orphan');
    expect(await text('exec', 'orphan', 'echo', 'alive')).toBe('alive');
    await text('rm', '-f', 'orphan');
  });

  test('rename, update and another container are refused, and everything is as it was', async () => {
    const id = await text(...run, '-d', '--name', 'stays', '--restart', 'on-failure:2', busybox, 'sleep', '1000');
    const before = ['container.json', 'kept.json', 'config.json', 'restart'].map((name) => fileOf(id, name));
    await fill();
    expect(await tsrun('rename', 'stays', 'other')).toMatchObject({ exitCode: 1, stderr: noRoom });
    expect(await tsrun('update', '--restart', 'always', 'stays')).toMatchObject({ exitCode: 1, stderr: noRoom });
    expect(await tsrun(...run, '-d', '--name', 'more', busybox, 'true')).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining('ENOSPC'),
    });
    expect(['container.json', 'kept.json', 'config.json', 'restart'].map((name) => fileOf(id, name))).toEqual(before);
    expect(await text('ps', '-a', '--format', '{{.Names}} {{.State}}')).toBe('stays running');
    expect(await text('exec', 'stays', 'echo', 'alive')).toBe('alive');
    await free();
    // Nothing of the tries is in the way.
    await text('rename', 'stays', 'other');
    await text('update', '--restart', 'always', 'other');
    expect(await inspect('other', '{{.Name}} {{.HostConfig.RestartPolicy.Name}}')).toBe('/other always');
    expect((await inside('ls', '-A', join(home.store, 'containers', id))).stdout).not.toMatch(/\.\d+$/m);
    await text('rm', '-f', 'other');
  });

  test('a program is told in the words of a TsrunError, and everything is as it was', async () => {
    const script = `
      import { create, open, run, TsrunError } from ${JSON.stringify(library)};
      const image = ${JSON.stringify(busybox)};
      const told = (error) => console.log(error instanceof TsrunError, error.code, error.why, error.hint);
      await create(image, { name: 'second', command: ['true'] }).catch(told);
      await run(image, { command: ['true'] }).catch(told);
      await (await open('first')).start().catch(told);
      console.log((await open('first')).state);`;
    await text('create', '-q', '--name', 'first', busybox, 'sleep', '1000');
    await fill();
    const { stdout, stderr } = await inside(process.execPath, '--input-type=module', '-e', script);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^(true STORE ENOSPC: no space left on device.* free some space .*\n){3}created\n$/);
    await text('rm', 'first');
  });

  test('a container can be removed, which makes room', async () => {
    await text(...run, '-d', '--name', 'large', '-v', 'vol:/vol', busybox, 'sleep', '1000');
    await text('exec', 'large', 'sh', '-c', 'head -c 2000000 /dev/zero > /file');
    await fill();
    await text('rm', '-f', 'large');
    await text('volume', 'rm', 'vol');
    expect(await text('ps', '-aq')).toBe('');
    await text(...run, '--rm', busybox, 'true');
    await free();
  });
});

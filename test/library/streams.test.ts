/** What containers print, hold and use, from a program. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterAll, describe, expect } from 'vitest';
import {
  type ContainerEvent,
  type CreateOptions,
  create,
  events,
  open,
  type RunningContainer,
} from '../../src/index.ts';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const places = { store: home.store, root: home.state };

/** Removed with its object. */
async function started(script: string, more: CreateOptions = {}): Promise<RunningContainer> {
  const created = await create(busybox, { ...places, command: ['sh', '-c', script], ...more });
  try {
    return await created.start();
  } catch (error) {
    await created[Symbol.asyncDispose]();
    throw error;
  }
}

async function textsOf(container: RunningContainer, options: object = {}): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { stream, text } of container.logs(options)) texts.push(`${stream}: ${text}`);
  return texts;
}

async function untilLogged(container: RunningContainer, text: string): Promise<void> {
  for await (const entry of container.logs({ follow: true })) if (entry.text === text) return;
  throw new Error(`the container ended without "${text}"`);
}

/** Resolves with what came, once `text` is in it. */
async function until(stream: Readable, text: string): Promise<string> {
  let seen = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    seen += (chunk as Buffer).toString();
    if (seen.includes(text)) return seen;
  }
  throw new Error(`the stream ended without "${text}": ${seen}`);
}

describe('logs', () => {
  test('give what was printed, stream by stream, with its time', async () => {
    const before = new Date();
    await using running = await started('echo out; echo err >&2; printf part');
    const exited = await running.wait();
    expect(new Set(await textsOf(running))).toEqual(new Set(['stdout: out', 'stderr: err', 'stdout: part']));
    const entries = [];
    for await (const entry of exited.logs()) entries.push(entry);
    expect(entries.filter(({ whole }) => !whole).map(({ bytes }) => bytes)).toEqual([Buffer.from('part')]);
    expect(entries[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    expect(Date.parse(entries[0]?.time ?? '')).toBeGreaterThanOrEqual(before.getTime());
  });

  test('follow until the container ends, or until somebody has seen enough', async () => {
    await using running = await started('echo one; read line; echo two', { interactive: true });
    for await (const { text } of running.logs({ follow: true })) {
      expect(text).toBe('one');
      break;
    }
    const all = textsOf(running, { follow: true });
    await using attached = await running.attach();
    attached.stdin.write('go\n');
    expect(await all).toEqual(['stdout: one', 'stdout: two']);
  });

  test('are the last lines, or those of a span', async () => {
    await using running = await started('for i in 1 2 3 4; do echo $i; done');
    await running.wait();
    expect(await textsOf(running, { tail: 2 })).toEqual(['stdout: 3', 'stdout: 4']);
    expect(await textsOf(running, { until: new Date(0) })).toEqual([]);
    expect(await textsOf(running, { since: '1h' })).toHaveLength(4);
    await expect(textsOf(running, { since: 'yesterday' })).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('end with an AbortSignal', async () => {
    await using running = await started('echo one; exec sleep 1000');
    const abort = new AbortController();
    const following = textsOf(running, { follow: true, signal: abort.signal });
    await untilLogged(running, 'one');
    abort.abort();
    await expect(following).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('attach', () => {
  const echoing = 'echo ready; while read line; do echo "<$line>"; echo "($line)" >&2; done; exit 9';

  test('has its streams from now on, several at once, and its end', async () => {
    await using running = await started(echoing, { interactive: true });
    await untilLogged(running, 'ready');
    await using one = await running.attach();
    await using other = await running.attach();
    one.stdin.write('a\n');
    expect(await until(one.stdout, '<a>')).toBe('<a>\n');
    expect(await until(other.stderr, '(a)')).toBe('(a)\n');
    one.stdin.end();
    expect([await one.exit, await other.exit]).toEqual(Array(2).fill({ exitCode: 9, signal: null }));
    expect(one.missed).toBe(0);
  });

  test('ends when everybody can know that the container has', async () => {
    await using created = await create(busybox, { ...places, command: ['sh', '-c', 'read line'], interactive: true });
    for (let round = 0; round < 20; round++) {
      const found = await open(created.id, places);
      if (found.state !== 'created' && found.state !== 'exited') throw new Error(`it is ${found.state}`);
      const running = await found.start();
      const attached = await running.attach();
      attached.stdin.write('go\n');
      await attached.exit;
      expect((await running.inspect()).state).toBe('exited');
    }
  });

  test('detaches at the end of its scope, and by an AbortSignal', async () => {
    await using running = await started(echoing, { interactive: true });
    const abort = new AbortController();
    const aborted = await running.attach({ signal: abort.signal });
    let exit: Promise<unknown>;
    {
      await using attached = await running.attach();
      exit = attached.exit;
    }
    abort.abort();
    expect([await exit, await aborted.exit]).toEqual([null, null]);
    expect((await running.inspect()).state).toBe('running');
    await expect(running.attach({ signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('that is not read costs no memory, holds nobody up, and is told what it missed', async () => {
    const size = 64 * 2 ** 20;
    await using running = await started(`read line; head -c ${size} /dev/zero; touch /done; exec sleep 1000`, {
      interactive: true,
    });
    const told: number[] = [];
    await using slow = await running.attach({ onMissed: (bytes) => told.push(bytes) });
    const before = process.memoryUsage().external;
    slow.stdin.write('go\n');
    // The container is through with it while nobody reads.
    await (await running.exec(['sh', '-c', 'until test -e /done; do sleep 0.05; done'])).exit;
    expect(slow.stdout.readableLength).toBeLessThan(2 ** 20);
    expect(process.memoryUsage().external - before).toBeLessThan(size / 2);
    let got = 0;
    slow.stdout.on('data', (chunk: Buffer) => {
      got += chunk.length;
    });
    while (slow.missed === 0) await new Promise((resolve) => setImmediate(resolve));
    await running.stop({ stopSignal: 'KILL' });
    await slow.exit;
    await finished(slow.stdout);
    expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(slow.missed);
    expect(got + slow.missed).toBe(size);
  });

  test('tells the size of its terminal', async () => {
    await using running = await started('read line; stty size; exec sleep 1000', { interactive: true, tty: true });
    await using attached = await running.attach();
    attached.resize({ rows: 41, columns: 123 });
    attached.stdin.write('go\n');
    expect(await until(attached.stdout, '41 123')).toContain('41 123\r\n');
  });
});

describe('stats', () => {
  test('tell what a container uses, again and again until it ends', async () => {
    await using running = await started('echo ready; read line; while :; do :; done', { interactive: true });
    await untilLogged(running, 'ready');
    const idle = await running.usage();
    expect(idle).toMatchObject({ cpuPercent: null, tasks: { value: 1 } });
    expect(idle.memoryLimit).toBeGreaterThan(0);
    await using attached = await running.attach();
    attached.stdin.write('go\n');
    const percents: (number | null)[] = [];
    let told = false;
    for await (const { cpuPercent, tasks } of running.stats({ interval: 20 })) {
      percents.push(cpuPercent);
      expect(tasks?.value).toBe(1);
      // Busy, as far as this machine lets it. Its end takes a moment, and there may be another sample before.
      if (told || cpuPercent === null || cpuPercent <= 5) continue;
      told = true;
      await running.kill('KILL');
    }
    expect(percents[0]).toBe(null);
    expect(Math.max(...percents.map((percent) => percent ?? 0))).toBeGreaterThan(5);
    await expect(running.usage()).rejects.toMatchObject({ code: 'CONTAINER_STATE' });
  });

  test('end with an AbortSignal', async () => {
    await using running = await started('exec sleep 1000');
    const abort = new AbortController();
    const samples: unknown[] = [];
    await expect(async () => {
      for await (const sample of running.stats({ interval: 600_000, signal: abort.signal })) {
        samples.push(sample);
        setImmediate(() => abort.abort());
      }
    }).rejects.toMatchObject({ code: 'ABORTED' });
    expect(samples).toHaveLength(1);
  });
});

describe('pause', () => {
  requires('root')('lets all its processes stand still, and unpause go on', async () => {
    await using running = await started('while read line; do echo "<$line>"; done', { interactive: true });
    await using attached = await running.attach();
    const paused = await running.pause();
    expect([paused.state, (await paused.inspect()).state]).toEqual(['paused', 'paused']);
    await expect(running.exec(['true'])).rejects.toMatchObject({ code: 'CONTAINER_STATE', why: 'it is paused' });
    const again = await paused.unpause();
    await expect(paused.unpause()).rejects.toMatchObject({ code: 'CONTAINER_STATE' });
    attached.stdin.write('a\n');
    expect(await until(attached.stdout, '<a>')).toBe('<a>\n');
    expect((await (await again.pause()).stop({ stopSignal: 'KILL' })).state).toBe('exited');
  });
});

describe('files', () => {
  test('go in and out, running or not, as paths and as archives', async () => {
    const site = join(home.path, 'site');
    mkdirSync(site);
    writeFileSync(join(site, 'index'), 'hello\n');
    await using created = await create(busybox, {
      ...places,
      command: ['sh', '-c', 'cat /srv/index; exec sleep 1000'],
    });
    expect((await created.copyIn(`${site}/.`, '/srv')).bytes).toBeGreaterThan(0);
    const running = await created.start();
    await untilLogged(running, 'hello');
    const archive = new PassThrough();
    const [parts] = await Promise.all([archive.toArray(), running.copyOut('/srv', archive)]);
    await running.exec(['mkdir', '/copy']).then((exec) => exec.exit);
    await running.copyIn(
      (async function* () {
        yield* parts as Buffer[];
      })(),
      '/copy',
    );
    await running.copyOut('/copy/srv/index', join(home.path, 'index'));
    expect(readFileSync(join(home.path, 'index'), 'utf8')).toBe('hello\n');
    const changes = (await running.diff()).map(({ kind, path }) => `${kind} ${path}`);
    expect(changes).toEqual(expect.arrayContaining(['A /copy', 'A /copy/srv/index', 'A /srv/index']));
  });

  test('that are not there are an error, and the stream is no whole archive', async () => {
    await using running = await started('exec sleep 1000');
    await expect(running.copyOut('/nowhere', join(home.path, 'x'))).rejects.toMatchObject({ code: 'COPY_FAILED' });
    const archive = new PassThrough();
    const got = archive.toArray().then(
      () => 'whole',
      () => 'broken',
    );
    await expect(running.copyOut('/nowhere', archive)).rejects.toMatchObject({ code: 'COPY_FAILED' });
    expect(await got).toBe('broken');
    await expect(running.copyIn('/nowhere', '/tmp')).rejects.toMatchObject({ code: 'COPY_FAILED' });
    await expect(running.copyIn(home.path, '/tmp', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  test('become an image, and a container of it has them', async () => {
    await using running = await started('echo seeded > /data; echo ready; exec sleep 1000');
    await untilLogged(running, 'ready');
    const id = await running.commit({ name: 'seeded:1', changes: ['CMD ["cat", "/data"]'] });
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    await using copy = await create('seeded:1', places);
    const again = await copy.start();
    await again.wait();
    expect(await textsOf(again)).toEqual(['stdout: seeded']);
  });
});

describe('events', () => {
  test('tell of a container from the call on, and end with an AbortSignal', async () => {
    const abort = new AbortController();
    const following = events({ ...places, filters: { label: 'watched' }, signal: abort.signal });
    {
      await using running = await started('exit 5', { labels: { watched: 'yes' } });
      await using _ = await started('exit 6');
      await running.wait();
    }
    const seen: ContainerEvent[] = [];
    await expect(async () => {
      for await (const event of following) {
        seen.push(event);
        if (event.action === 'destroy') abort.abort();
      }
    }).rejects.toMatchObject({ code: 'ABORTED' });
    expect(seen.map(({ action }) => action)).toEqual(['create', 'start', 'die', 'destroy']);
    expect(seen[2]?.attributes).toMatchObject({ exitCode: '5', watched: 'yes' });
    expect(seen[2]?.time.getTime()).toBe(Number((seen[2]?.timeNano ?? 0n) / 1_000_000n));
  });

  test('that have happened end at once with until', async () => {
    const seen: string[] = [];
    const ended = { ...places, since: new Date(0), until: new Date(), filters: { event: ['die', 'create'] } };
    for await (const { action } of events(ended)) seen.push(action);
    expect(new Set(seen)).toEqual(new Set(['create', 'die']));
    expect(() => events({ ...places, filters: { nothing: 'x' } as never })).toThrow('nothing=x');
  });
});

/** `events`: what happens to containers, told by whoever does it. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

const waiting = 'trap "exit 3" TERM; echo ready; while :; do sleep 0.05 & wait $!; done';

/** What was told of one container: its actions, each with the attributes of its own. */
async function told(name: string): Promise<readonly string[]> {
  const text = await kept.text(
    'events',
    '--since',
    '1h',
    '--until',
    '0s',
    '--filter',
    `container=${name}`,
    '--format',
    'json',
  );
  return text.split('\n').map((line) => {
    const { Action, Actor } = JSON.parse(line) as {
      readonly Action: string;
      readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
    };
    const { image: _, name: __, execID: ___, ...own } = Actor.Attributes;
    return [Action, ...Object.entries(own).map(([key, value]) => `${key}=${value}`)].join(' ');
  });
}

const eventsFile = (): string => join(kept.home.state, 'events');

describe('events of', () => {
  test('a life: created, started, told to stop, ended with a status, removed', async () => {
    await kept.detached('life', waiting);
    await kept.untilLogged('life', 'ready');
    await kept.text('exec', 'life', 'sh', '-c', 'exit 4').catch(() => {});
    await kept.text('stop', 'life');
    await kept.text('rm', 'life');
    expect(await told('life')).toEqual([
      'create',
      'start',
      'exec_create: sh -c exit 4',
      'exec_start: sh -c exit 4',
      'exec_die exitCode=4',
      'kill signal=15',
      'die exitCode=3',
      'stop',
      'destroy',
    ]);
  });

  test('an end by a signal have the status of a shell', async () => {
    await kept.detached('shot', 'sleep 1000');
    await kept.text('rm', '-f', 'shot');
    expect(await told('shot')).toEqual(['create', 'start', 'kill signal=9', 'die exitCode=137', 'destroy']);
  });

  test('volumes: made, mounted, unmounted and removed, each with the container it was for', async () => {
    const id = await kept.detached('user', waiting, '-v', 'mine:/data:ro', '-v', 'mine:/again');
    await kept.untilLogged('user', 'ready');
    await kept.text('stop', 'user');
    await kept.text('rm', 'user');
    await kept.text('volume', 'rm', 'mine');
    await kept.text('volume', 'create', 'other');
    await kept.text('volume', 'prune', '-af');
    const lines = (...filters: readonly string[]): Promise<string> =>
      kept.text(
        ...['events', '--since', '1h', '--until', '0s', '--filter', 'type=volume'],
        ...filters.flatMap((filter) => ['--filter', filter]),
        ...['--format', '{{.Action}} {{.Actor.ID}} {{json .Actor.Attributes}}'],
      );
    const mount = (destination: string, writable: boolean): string =>
      `mount mine {"container":"${id}","destination":"${destination}","driver":"local","propagation":"","read/write":"${writable}"}`;
    const unmount = `unmount mine {"container":"${id}","driver":"local"}`;
    expect((await lines('volume=mine')).split('\n')).toEqual([
      'create mine {"driver":"local"}',
      mount('/data', false),
      mount('/again', true),
      unmount,
      unmount,
      'destroy mine {"driver":"local"}',
    ]);
    expect(await lines('volume=oth', 'event=create')).toBe('create other {"driver":"local"}');
    expect(await lines('event=prune')).toBe('prune  {"reclaimed":"0"}');
    // Before the container is said to run, and after it has ended.
    const all = await kept.text('events', '--since', '1h', '--until', '0s', '--format', '{{.Type}} {{.Action}}');
    expect(all).toContain('volume mount\nvolume mount\ncontainer start\n');
    expect(all).toContain('container die\nvolume unmount\nvolume unmount\n');
  });

  test('restart', async () => {
    await kept.detached('twice', 'sleep 1000');
    await kept.text('restart', '-t', '0', 'twice');
    await kept.text('rm', '-f', 'twice');
    const actions = await told('twice');
    expect(actions.slice(actions.indexOf('stop'), actions.indexOf('stop') + 3)).toEqual(['stop', 'start', 'restart']);
  });

  test('a container that was renamed have its new name, at its end too', async () => {
    await kept.detached('before', 'sleep 1000');
    await kept.text('rename', 'before', 'after');
    await kept.text('rm', '-f', 'after');
    expect(await told('before')).toEqual(['create', 'start']);
    expect(await told('after')).toEqual(['rename oldName=/before', 'kill signal=9', 'die exitCode=137', 'destroy']);
  });

  test('a container of --rm that ends on its own', async () => {
    await kept.text('create', '-q', '--rm', '--name', 'brief', busybox, 'true');
    const following = kept.start('events', '--since', '1h', '--filter', 'container=brief');
    await kept.text('start', 'brief');
    await following.until(' destroy ');
    following.signal('SIGKILL');
    await following.outcome;
    expect(await told('brief')).toEqual(['create', 'start', 'die exitCode=0', 'destroy']);
  });
});

describe('events', () => {
  test('follow what happens', async () => {
    const following = kept.start('events', '--since', '0', '--format', '{{.Actor.Attributes.name}} {{.Action}}');
    await kept.text('run', '-dq', '--name', 'followed', busybox, 'true');
    await following.until('followed die');
    await kept.text('rm', 'followed');
    await following.until('followed destroy');
    following.signal('SIGINT');
    await following.outcome;
  });

  test('are chosen by what happened, labels and image, and each other', async () => {
    await kept.detached('chosen', 'true', '--label', 'team=a', '--label', 'exitCode=77');
    await kept.text('wait', 'chosen');
    const count = async (...filters: readonly string[]) => {
      const flags = filters.flatMap((filter) => ['--filter', filter]);
      const text = await kept.text('events', '--since', '1h', '--until', '0s', ...flags, '--format', '{{.Action}}');
      return text === '' ? [] : text.split('\n');
    };
    expect(await count('label=team=a', 'event=die', 'event=start')).toEqual(['start', 'die']);
    expect(await count('label=team=b')).toEqual([]);
    expect(await count('container=chosen', 'image=busybox', 'type=container', 'event=create')).toEqual(['create']);
    expect(await count('container=chosen', 'type=image')).toEqual([]);
    // What the kernel says of the end is not for a label to say.
    expect((await told('chosen')).find((line) => line.startsWith('die'))).toContain('exitCode=0');
    await kept.text('rm', 'chosen');
    expect((await kept.run('events', '--filter', 'colour=red')).stderr).toContain('known are container, event');
  });

  test('are told to a follower across the rotation of the file, all and once', async () => {
    // Nearly full: one of the next lines is over the limit.
    writeFileSync(eventsFile(), `${' '.repeat(1023)}\n`.repeat(1023), { flag: 'a' });
    const { ino } = statSync(eventsFile());
    const following = kept.start(
      'events',
      '--since',
      '0',
      '--filter',
      'event=kill',
      '--format',
      '{{.Actor.Attributes.signal}}',
    );
    await kept.detached('busy', 'sleep 1000');
    const signals = ['WINCH', 'URG', 'CONT'];
    for (let round = 0; round < 4; round++) for (const signal of signals) await kept.text('kill', '-s', signal, 'busy');
    await kept.text('rm', '-f', 'busy');
    await following.until(/(28\n23\n18\n){4}9\n$/);
    following.signal('SIGKILL');
    await following.outcome;
    expect(statSync(`${eventsFile()}.1`).ino).toBe(ino);
    expect(statSync(eventsFile()).size).toBeLessThan(2 ** 20);
  });

  test('of an image: loaded, its name and itself removed', async () => {
    const other = new KeptHome();
    await other.text('load', '-q', busybox);
    await other.text('rmi', 'busybox');
    const flags = [
      '--since',
      '1h',
      '--until',
      '0s',
      '--filter',
      'type=image',
      '--format',
      '{{.Action}} {{.Actor.Attributes.name}}',
    ];
    const [load, untag, remove = ''] = (await other.text('events', ...flags)).split('\n');
    expect([load, untag]).toEqual(['load busybox:latest', 'untag busybox:latest']);
    expect(remove).toMatch(/^delete sha256:/);
    await other.dispose();
  });

  test('of a file that was cut short go on with the next line', async () => {
    writeFileSync(eventsFile(), '{"Type":"container","Action":"cr', { flag: 'a' });
    await kept.text('run', '-dq', '--name', 'whole', busybox, 'true');
    await kept.text('wait', 'whole');
    expect(await told('whole')).toContain('create');
    await kept.text('rm', 'whole');
  });

  test('a reader that does not read stops nobody', async () => {
    const following = kept.start('events', '--since', '0');
    following.signal('SIGSTOP');
    await kept.detached('free', 'true');
    await kept.text('wait', 'free');
    await kept.text('rm', 'free');
    following.signal('SIGCONT');
    await following.until(/destroy \S+ \(.*name=free\)/);
    following.signal('SIGKILL');
    await following.outcome;
  });

  test('are for their user alone', () => {
    expect(statSync(eventsFile()).mode & 0o777).toBe(0o600);
    expect(existsSync(eventsFile())).toBe(true);
    for (const line of readFileSync(eventsFile(), 'utf8').split('\n'))
      expect(Buffer.byteLength(line)).toBeLessThan(4096);
  });
});

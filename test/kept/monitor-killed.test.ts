/** kill -9 of a container's monitor while others follow the container: nobody else comes to tell them. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

/** Prints a word, and waits. @returns its monitor */
async function waiting(name: string, ...flags: readonly string[]): Promise<number> {
  const id = await kept.detached(name, 'echo ready; exec sleep 1000', ...flags);
  await kept.untilLogged(name, 'ready');
  return kept.monitorOf(id);
}

const kill = (monitor: number): boolean => process.kill(monitor, 'SIGKILL');
const status = (name: string): Promise<string> =>
  kept.text('ps', '-a', '--format', '{{.Status}}', '--filter', `name=${name}`);
const lost = (name: string): string => `tsrun: nobody saw how ${name} ended: its monitor was killed\n`;

/** As fdinfo of proc_pid_fdinfo(5) says it: somebody's end, changes of a directory. */
const awaited = { end: /^Pid:\t\d+$/m, change: /^inotify wd:/m };

/** Resolves when a command has a descriptor of what it waits for. */
async function untilItWaits(pid: number, what: RegExp): Promise<void> {
  const waits = (): boolean => kept.fdInfos(pid).some((info) => what.test(info));
  while (!waits()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a monitor that is killed', () => {
  test('ends logs -f, which says what is known', async () => {
    const monitor = await waiting('followed');
    const logs = kept.start('logs', '-f', 'followed');
    await logs.until('ready');
    kill(monitor);
    expect(await logs.outcome).toMatchObject({ stdout: 'ready\n', stderr: lost('followed'), exitCode: 0 });
    expect(await status('followed')).toMatch(/^Monitor lost/);
    await kept.text('rm', 'followed');
  });

  test('ends logs -f of one of --rm, of which nothing is left', async () => {
    const monitor = await waiting('passing', '--rm');
    const logs = kept.start('logs', '-f', 'passing');
    await logs.until('ready');
    kill(monitor);
    expect(await logs.outcome).toMatchObject({ stdout: 'ready\n', exitCode: 0 });
    expect(kept.entries('containers')).toEqual([]);
  });

  test('ends attach and wait with the status of an end that nobody saw', async () => {
    const monitor = await waiting('attended', '-i');
    const attach = kept.start('attach', 'attended');
    const wait = kept.start('wait', 'attended');
    await kept.untilAttached('attended', 1);
    await untilItWaits(wait.pid, awaited.end);
    kill(monitor);
    expect(await attach.outcome).toMatchObject({ stderr: lost('attended'), exitCode: 255 });
    expect(await wait.outcome).toMatchObject({ stdout: '255\n', exitCode: 0 });
    await kept.text('rm', 'attended');
  });

  test('of --rm ends wait too, also when it waits for the removal', async () => {
    const monitor = await waiting('brief', '--rm');
    const wait = kept.start('wait', 'brief');
    const removal = kept.start('wait', '--condition', 'removing', 'brief');
    await untilItWaits(wait.pid, awaited.end);
    await untilItWaits(removal.pid, awaited.change);
    kill(monitor);
    expect(await wait.outcome).toMatchObject({ stdout: '255\n', exitCode: 0 });
    expect(await removal.outcome).toMatchObject({ stdout: '-1\n', exitCode: 0 });
    expect(kept.entries('containers')).toEqual([]);
  });

  test('is told by events, with the volumes that are free again', async () => {
    const monitor = await waiting('told', '-v', 'data:/data');
    const events = kept.start(
      'events',
      '--filter',
      'type=container',
      '--filter',
      'type=volume',
      '--format',
      '{{.Action}}',
    );
    await untilItWaits(events.pid, awaited.end);
    // One that is started while somebody listens.
    const later = await waiting('later');
    await events.until('start');
    kill(monitor);
    await events.until('unmount');
    kill(later);
    await events.until(/die\nunmount\ndie\n/);
    events.signal('SIGKILL');
    const told = ['--since', '1h', '--until', '0s', '--filter', 'event=die', '--format'];
    expect(await kept.text('events', ...told, '{{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}')).toMatch(
      /told 255\nlater 255$/,
    );
    await kept.text('rm', 'told', 'later');
  });

  test('after it had said how it all ended loses nothing of that', async () => {
    const id = await kept.detached('last', 'exit 3');
    await kept.text('wait', 'last');
    // What it does last: `running` gets another name once `exit` is there.
    const path = join(kept.home.store, 'containers', id);
    renameSync(join(path, 'ran'), join(path, 'running'));
    expect(await status('last')).toMatch(/^Exited \(3\)/);
    expect(await kept.text('wait', 'last')).toBe('3');
    expect(existsSync(join(path, 'ran'))).toBe(true);
    // An `exit` of an earlier life says nothing of this one.
    const ended = readFileSync(join(path, 'ran'), 'utf8').replace(
      /^started .*$/m,
      `started ${new Date().toISOString()}`,
    );
    writeFileSync(join(path, 'running'), ended);
    expect(await status('last')).toMatch(/^Monitor lost/);
    await kept.text('rm', 'last');
  });
});

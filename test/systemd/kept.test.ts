/** Containers that live on, under a real systemd: a scope each time they run, nothing of it when they do not. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { KeptHome } from '../support/kept.ts';
import { missing } from '../support/needs.ts';
import { requires } from '../support/requires.ts';
import { makeUserHome, show, untilGone } from './accounts.ts';

const test = requires('systemd', 'root');
const isHere = missing('systemd') === null && missing('root') === null;
const waiting = 'trap "exit 3" TERM; echo ready; while :; do sleep 0.05 & wait $!; done';
const scopesIn = (slice: string): readonly string[] =>
  existsSync(slice) ? readdirSync(slice).filter((name) => name.endsWith('.scope')) : [];

describe('root', () => {
  let kept: KeptHome;
  beforeAll(() => {
    kept = new KeptHome();
  });
  afterAll(() => kept.dispose());

  /** The directory of the container's scope. */
  async function scopeOf(name: string): Promise<string> {
    const pid = await kept.inspect(name, '{{.State.Pid}}');
    const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'latin1'))?.[1] ?? '';
    return dirname(join('/sys/fs/cgroup', path));
  }

  test('a container has a scope of the same name each time it is started', async () => {
    const id = await kept.detached('again', waiting, '-m', '64m');
    const scope = await scopeOf('again');
    expect(scope).toBe(`/sys/fs/cgroup/tsrun.slice/tsrun-${id}.scope`);
    expect(await kept.text('exec', 'again', 'cat', '/sys/fs/cgroup/memory.max')).toBe('67108864');
    await kept.untilLogged('again', 'ready');
    await kept.text('stop', 'again');
    expect(await kept.inspect('again', '{{.State.ExitCode}}')).toBe('3');
    await kept.text('start', 'again');
    expect(await scopeOf('again')).toBe(scope);
    expect(await kept.text('exec', 'again', 'cat', '/sys/fs/cgroup/memory.max')).toBe('67108864');
    for (let n = 0; n < 3; n++) await kept.text('restart', '-t', '0', 'again');
    await kept.text('pause', 'again');
    expect(await kept.inspect('again', '{{.State.Status}}')).toBe('paused');
    await kept.text('unpause', 'again');
    await kept.text('rm', '-f', 'again');
    untilGone(basename(scope));
    expect(existsSync(scope)).toBe(false);
  });

  test('systemctl stop of the scope is its end', async () => {
    await kept.detached('unit', waiting, '-m', '64m');
    await kept.untilLogged('unit', 'ready');
    const unit = basename(await scopeOf('unit'));
    expect(show(unit, 'ActiveState')).toEqual({ ActiveState: 'active' });
    expect(spawnSync('systemctl', ['stop', unit]).status).toBe(0);
    untilGone(unit);
    expect(await kept.inspect('unit', '{{.State.Status}}')).toBe('exited');
    await kept.text('start', 'unit');
    await kept.text('rm', '-f', 'unit');
    untilGone(unit);
  });

  test('a reload of systemd leaves the limits alone', async () => {
    await kept.detached('reload', waiting, '-m', '64m', '--pids-limit', '20', '--cpus', '0.5');
    expect(spawnSync('systemctl', ['daemon-reload']).status).toBe(0);
    const files = ['memory.max', 'pids.max', 'cpu.max'].map((file) => `/sys/fs/cgroup/${file}`);
    expect(await kept.text('exec', 'reload', 'cat', ...files)).toBe('67108864\n20\n50000 100000');
    const unit = basename(await scopeOf('reload'));
    await kept.text('rm', '-f', 'reload');
    untilGone(unit);
  });
});

const user = isHere ? makeUserHome() : null;
afterAll(() => user?.[Symbol.dispose]());
const names = ['a session', 'a service of the user’s manager'];

describe.each(names)('an ordinary user in %s', (name) => {
  const place = () => {
    const found = user?.places.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no place "${name}"`);
    return found;
  };
  const say = async (script: string) => {
    // systemd-run takes a word that begins with a dollar sign for a variable of systemd's.
    const running = place().run(`set -e; ${script}`);
    running.end();
    const { stdout, stderr, exitCode } = await running.outcome;
    if (exitCode !== 0) throw new Error(`${script}\ngave ${exitCode}:\n${stdout}${stderr}`);
    return stdout.trim();
  };
  const slice = () => `${user?.manager}/tsrun.slice`;

  test('a container outlives the place that it was started from, with its limits', async () => {
    await say(`$tsrun run -dq --name out -m 64m --pids-limit 20 --cpus 0.5 $image sh -c '${waiting}'`);
    const [scope = ''] = scopesIn(slice());
    expect(scope).toMatch(/^tsrun-[0-9a-f]{64}\.scope$/);
    const files = ['memory.max', 'pids.max', 'cpu.max'].map((file) => `/sys/fs/cgroup/${file}`).join(' ');
    expect(await say(`$tsrun exec out cat ${files}`)).toBe('67108864\n20\n50000 100000');
    expect(await say('$tsrun pause out; $tsrun inspect -f "{{.State.Status}}" out; $tsrun unpause out')).toBe(
      'out\npaused\nout',
    );
    expect(await say('$tsrun stop out; $tsrun inspect -f "{{.State.Status}} {{.State.ExitCode}}" out')).toBe(
      'out\nexited 3',
    );
    expect(await say(`$tsrun start out; $tsrun exec out cat ${files}`)).toBe('out\n67108864\n20\n50000 100000');
    expect(scopesIn(slice())).toEqual([scope]);
    await say('$tsrun rm -f out');
    while (scopesIn(slice()).length > 0);
  });

  test('a container in the background has a scope without a limit too: it can be paused', async () => {
    await say(`$tsrun run -dq --name free $image sh -c '${waiting}'`);
    expect(scopesIn(slice())).toHaveLength(1);
    expect(await say('$tsrun pause free && $tsrun unpause free')).toBe('free\nfree');
    await say('$tsrun rm -f free');
    while (scopesIn(slice()).length > 0);
  });
});

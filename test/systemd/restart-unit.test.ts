/** The unit of docs/restart.md under a real systemd: after a reboot it starts what should run. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { repository, tsrunPath } from '../support/fixture.ts';
import { KeptHome } from '../support/kept.ts';
import { missing } from '../support/needs.ts';
import { requires } from '../support/requires.ts';
import { makeUserHome, show, type UserHome } from './accounts.ts';

const test = requires('systemd', 'root');
const isHere = missing('systemd') === null && missing('root') === null;
const unit = 'tsrun-restart.service';

/** As it stands in the page, for a tsrun and a store of the tests'. */
function unitFile(tsrun: string, env: Readonly<Record<string, string>>): string {
  const page = readFileSync(join(repository, 'docs', 'restart.md'), 'utf8');
  const text = /```ini\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(text).toContain('ExecStart=/usr/bin/tsrun start --all');
  const variables = Object.entries(env).map(([name, value]) => `Environment=${name}=${value}\n`);
  return text.replace('ExecStart=/usr/bin/tsrun', `${variables.join('')}ExecStart=${tsrun}`);
}

/** What a reboot leaves of a container that ran: no process, and a note of another boot. */
const otherBoot = 's/^boot .*/boot 00000000-0000-0000-0000-000000000000/';
const names = { always: 'always', unless: 'unless-stopped', never: 'no' } as const;

describe('root', () => {
  let kept: KeptHome;
  const file = join('/run/systemd/system', unit);
  beforeAll(() => {
    kept = new KeptHome();
  });
  afterAll(async () => {
    await kept.dispose();
    if (!isHere) return;
    rmSync(file, { force: true });
    spawnSync('systemctl', ['daemon-reload']);
  });

  test('the unit starts what should run, and what it started outlives it', async () => {
    for (const [name, policy] of Object.entries(names)) {
      const id = await kept.detached(name, 'sleep 1000', '--restart', policy);
      const running = join(kept.home.store, 'containers', id, 'running');
      process.kill(Number(/^monitor (\d+)$/m.exec(readFileSync(running, 'utf8'))?.[1]), 'SIGKILL');
      expect(spawnSync('sed', ['-i', otherBoot, running]).status).toBe(0);
    }
    // Stale, whatever has its numbers by now.
    const all = (await kept.text('ps', '-a', '--format', '{{.State}}')).split('\n');
    expect(all).toEqual(['exited', 'exited', 'exited']);
    expect(await kept.text('why', 'always')).toContain('the machine went down under it');

    const path = process.env['PATH'] ?? '';
    writeFileSync(file, unitFile(tsrunPath, { ...kept.home.env, PATH: path }));
    expect(spawnSync('systemctl', ['daemon-reload']).status).toBe(0);
    const started = spawnSync('systemctl', ['start', unit], { encoding: 'utf8' });
    expect(started).toMatchObject({ status: 0, stderr: '' });
    expect(show(unit, 'ActiveState', 'Result')).toEqual({ ActiveState: 'active', Result: 'success' });
    const running = (): Promise<string> => kept.text('ps', '--format', '{{.Names}}');
    expect((await running()).split('\n').toSorted()).toEqual(['always', 'unless']);
    expect(spawnSync('systemctl', ['stop', unit]).status).toBe(0);
    expect((await running()).split('\n').toSorted()).toEqual(['always', 'unless']);
    expect(await kept.text('exec', 'always', 'echo', 'alive')).toBe('alive');
    await kept.text('rm', '-f', ...Object.keys(names));
  });
});

describe('an ordinary user', () => {
  let home: UserHome;
  beforeAll(() => {
    if (isHere) home = makeUserHome();
  });
  afterAll(() => {
    if (isHere) home[Symbol.dispose]();
  });

  test('the same unit of his own does so, with default.target', async () => {
    const place = home.places.find(({ name }) => name === 'a session');
    if (place === undefined) throw new Error('a user has a session');
    const text = async (script: string): Promise<string> => {
      const { stdout, stderr, exitCode } = await place.run(script).outcome;
      if (exitCode !== 0) throw new Error(`${script} gave ${exitCode}:\n${stderr}`);
      return stdout.trim();
    };
    const scratch = await text('echo $scratch');
    for (const [name, policy] of Object.entries(names)) {
      await text(`$tsrun run -dq --name ${name} --restart ${policy} $image sleep 1000`);
    }
    // A reboot, in few words: of the monitors nobody is left, and what they wrote is of another boot.
    await text(
      `cd $TSRUN_STORE/containers; kill -9 $(sed -n 's/^monitor //p' */running); sed -i '${otherBoot}' */running`,
    );
    expect(await text("$tsrun ps -a --format '{{.State}}'")).toBe('exited\nexited\nexited');

    const env = {
      PATH: process.env['PATH'] ?? '',
      TSRUN_STORE: join(scratch, 'store'),
      TSRUN_ROOT: join(scratch, 'state'),
    };
    const file = unitFile(await text('echo $tsrun'), env).replace('multi-user.target', 'default.target');
    const units = '$XDG_RUNTIME_DIR/systemd/user';
    writeFileSync(join(scratch, unit), file, { mode: 0o644 });
    await text(
      `mkdir -p ${units}; cp $scratch/${unit} ${units}/; systemctl --user daemon-reload; systemctl --user start ${unit}`,
    );
    const shown = `systemctl --user show ${unit} -p ActiveState,Result`;
    expect((await text(shown)).split('\n').toSorted()).toEqual(['ActiveState=active', 'Result=success']);
    const running = async (): Promise<readonly string[]> =>
      (await text("$tsrun ps --format '{{.Names}}'")).split('\n').toSorted();
    expect(await running()).toEqual(['always', 'unless']);
    await text(`systemctl --user stop ${unit}`);
    expect(await running()).toEqual(['always', 'unless']);
    expect(await text('$tsrun exec always echo alive')).toBe('alive');
    await text(`$tsrun rm -f ${Object.keys(names).join(' ')}; rm ${units}/${unit}; systemctl --user daemon-reload`);
  });
});

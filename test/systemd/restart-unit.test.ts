/** The unit of docs/restart.md under a real systemd: after a reboot it starts what should run. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { repository, tsrunPath } from '../support/fixture.ts';
import { KeptHome } from '../support/kept.ts';
import { missing } from '../support/needs.ts';
import { requires } from '../support/requires.ts';
import { show } from './accounts.ts';

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

/** The store as seen by another user of the machine: images hold set-user-ID programs (CVE-2021-41091, CVE-2024-25621). */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startTsrun } from '../support/tsrun.ts';
import { hostileImage, program } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const image = hostileImage(home, 'store', { layers: [[program(home, 'who', 0o6755)]] });

/** A store that somebody made beforehand, open to all, in a directory that all can reach. */
const store = join(home.path, 'open-store');

async function whileRunning(check: () => void): Promise<void> {
  chmodSync(home.path, 0o755);
  mkdirSync(store, { recursive: true });
  chmodSync(store, 0o755);
  const env = { ...home.env, TSRUN_STORE: store };
  const running = startTsrun(
    ['run', '--rm', '--quiet', '-i', image, 'sh', '-c', 'cp -p /bin/who /mine; chmod 4755 /mine; echo up; cat'],
    { env },
  );
  await running.until('up');
  try {
    check();
  } finally {
    running.end();
    await running.outcome;
  }
}

test('every directory of it is closed to others, though the store itself was not', async () => {
  await whileRunning(() => {
    for (const name of readdirSync(store)) {
      const { mode } = statSync(join(store, name));
      expect([name, mode & 0o077]).toEqual([name, 0]);
    }
    for (const id of readdirSync(join(store, 'containers'))) {
      expect(statSync(join(store, 'containers', id)).mode & 0o077).toBe(0);
    }
  });
});

requires('root', 'program-setpriv')(
  'another user finds no program of an image and no file of a container',
  async () => {
    await whileRunning(() => {
      const id = readdirSync(join(store, 'containers'))[0] ?? '';
      const script = `find '${store}' -type f 2>/dev/null; ls '${store}/containers' '${store}/containers/${id}/upper' '${store}/layers'; '${store}/containers/${id}/upper/mine'`;
      const { stdout } = spawnSync(
        'setpriv',
        ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-c', script],
        { encoding: 'utf8' },
      );
      expect(stdout).toBe('');
    });
  },
);

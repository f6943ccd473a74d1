/** The terminal of whoever calls tsrun-oci: nothing is typed into it, nothing takes it over (CVE-2016-2568, CVE-2017-5226). */

import { copyFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { makeBundle, type TestBundle } from '../oci/bundle.ts';
import { tsrunOciPath } from '../oci/tsrun-oci.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startProgramOnTerminal } from '../support/tsrun.ts';
import { compiled } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires('terminal');
const program = compiled(home, 'touch-terminal');

function bundleFor(terminal: boolean, ...args: readonly string[]): TestBundle {
  const bundle = makeBundle(home.path);
  copyFileSync(program, join(bundle.rootfs, 'bin', 'touch-terminal'));
  bundle.configure((config) => {
    config.process.args = [...args];
    config.process.env = ['PATH=/bin'];
    config.process.terminal = terminal;
  });
  return bundle;
}

/** What the terminal showed, and what its owner typed there once the call had ended: one line, "mine". */
async function onTerminal(bundle: TestBundle, ...call: readonly string[]) {
  const script = '"$@"; echo "ended $?"; read -r line; echo "typed <$line>"';
  const argv = ['sh', '-c', script, 'sh', tsrunOciPath, '--root', bundle.root, ...call];
  const running = startProgramOnTerminal(argv, { cwd: bundle.path });
  await running.until('ended');
  running.write('mine\n');
  const { stdout } = await running.outcome;
  const [shown = '', after = ''] = stdout.replaceAll('\r', '').split('ended ');
  return { lines: shown.trim().split('\n'), typed: /typed <(.*)>/.exec(after)?.[1], status: after.split('\n')[0] };
}

/** A container of `terminal: false` has the caller's own descriptors, a terminal among them: as with runc. */
function expectUntouched(lines: readonly string[]): void {
  expect(lines).toHaveLength(4);
  for (const line of lines.slice(0, 3)) {
    expect(line).toContain('terminal 1');
    for (const request of ['TIOCSTI', 'TIOCLINUX', 'TIOCSCTTY']) expect(line).toMatch(new RegExp(`${request} [1-9]`));
  }
  // There is no terminal of the session to open.
  expect(lines[3]).toBe(`/dev/tty ${constants.errno.ENXIO}`);
}

describe('a process without a terminal, called from one', () => {
  test('of run', async () => {
    const { lines, typed, status } = await onTerminal(bundleFor(false, 'touch-terminal'), 'run', 'c');
    expectUntouched(lines);
    expect({ typed, status }).toEqual({ typed: 'mine', status: '0' });
  });

  test('of exec', async () => {
    const bundle = bundleFor(false, 'sleep', '1000');
    expect(bundle.oci(['run', '--detach', 'c'])).toMatchObject({ stderr: '', status: 0 });
    const { lines, typed, status } = await onTerminal(bundle, 'exec', 'c', 'touch-terminal');
    bundle.oci(['delete', '--force', 'c']);
    expectUntouched(lines);
    expect({ typed, status }).toEqual({ typed: 'mine', status: '0' });
  });
});

describe('a process with a terminal has another one, and what it types there stays there', () => {
  // Session and terminal of the process itself, fields 6 and 7 of proc(5): its own number, and 136:0.
  const look = ['sh', '-c', 'tty; cut -d" " -f7 /proc/self/stat; touch-terminal >/tmp/tried; ls /dev/pts'];

  test('of run', async () => {
    const bundle = bundleFor(true, ...look.map((word) => word.replace('cut', 'busybox cut')));
    const { lines, typed, status } = await onTerminal(bundle, 'run', 'c');
    expect(lines.filter((line) => /^(\/dev\/pts\/0|34816)$/.test(line))).toEqual(['/dev/pts/0', '34816']);
    expect({ typed, status }).toEqual({ typed: 'mine', status: '0' });
  });

  test('of exec, by a flag and by a process.json', async () => {
    const bundle = bundleFor(false, 'sleep', '1000');
    expect(bundle.oci(['run', '--detach', 'c'])).toMatchObject({ stderr: '', status: 0 });
    const file = join(bundle.path, 'process.json');
    const args = look.map((word) => word.replace('cut', 'busybox cut'));
    const user = { uid: 0, gid: 0 };
    writeFileSync(file, JSON.stringify({ args, env: ['PATH=/bin'], cwd: '/', user, terminal: true }));
    for (const call of [
      ['exec', '--tty', 'c', ...args],
      ['exec', '--process', file, 'c'],
    ]) {
      const { lines, typed, status } = await onTerminal(bundle, ...call);
      expect(lines.filter((line) => /^(\/dev\/pts\/0|34816)$/.test(line))).toEqual(['/dev/pts/0', '34816']);
      expect({ typed, status }).toEqual({ typed: 'mine', status: '0' });
    }
    bundle.oci(['delete', '--force', 'c']);
  });
});

/** The runtime's own programs, overwritten from inside through /proc/PID/exe (CVE-2019-5736). */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { file, symlink } from '../../rootfs-fixtures/entry.ts';
import { repository, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';
import { hostileImage } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();

/** Everything of ours that runs: Node, the launcher, the command's code, the helper, the addon. */
function programs(): readonly string[] {
  const built = join(repository, 'build', 'Release');
  const bundles = join(repository, 'dist', 'cli');
  return [
    process.execPath,
    tsrunPath,
    join(built, 'tsrun-init'),
    join(built, 'tsrun.node'),
    ...readdirSync(bundles).map((name) => join(bundles, name)),
  ];
}
const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

// Holds a descriptor of PID 1's program, and of its own, and tries every way of writing to them that a shell has.
const attack = `#!/bin/sh
for exe in /proc/1/exe /proc/self/exe /proc/$PPID/exe; do
  ( exec 3< $exe && : >> /proc/self/fd/3 && echo "wrote $exe" )
  ( exec 3< $exe && : > /proc/self/fd/3 && echo "emptied $exe" )
  ( : >> $exe && echo "wrote $exe" )
  chmod 777 $exe && echo "changed $exe"
  mount -o remount,rw $exe && echo "remounted $exe"
done 2>/dev/null
echo tried
`;
const image = hostileImage(home, 'overwrite', {
  layers: [
    [
      file('bin/attack', attack, 0o755),
      file('bin/through-self', '#!/proc/self/exe monitor\n', 0o755),
      symlink('bin/linked-self', '/proc/self/exe'),
      symlink('bin/linked-init', '/proc/1/exe'),
    ],
  ],
});

const before = new Map(programs().map((path) => [path, hash(path)]));
const run = (...args: readonly string[]) => tsrun(['run', '--rm', '--quiet', ...args], { env: home.env });

describe('what runs as PID 1 cannot be written', () => {
  const ways = [['--init'], ['--init', '--security-opt', 'seccomp=unconfined'], ['--init', '--cap-add', 'SYS_PTRACE']];
  for (const flags of ways) {
    test(`by a command below ${flags.join(' ')}`, async () => {
      const { stdout } = await run(...flags, image, 'attack');
      // The shell of the command is busybox of the container's own layer: that one it may change.
      expect(stdout.split('\n').filter((line) => !line.includes('/proc/self/exe'))).toEqual(['tried', '']);
    });
  }

  for (const entrypoint of ['/proc/self/exe', '/proc/1/exe', 'through-self', 'linked-self', 'linked-init']) {
    for (const flags of [[], ['--init']]) {
      test(`by an entrypoint of ${entrypoint}${flags.length === 0 ? '' : ' below --init'}`, async () => {
        // It may run our helper in there, which then has nothing to do; it never gets a writable one.
        const { exitCode } = await run(...flags, image, entrypoint);
        expect(exitCode).not.toBe(0);
      });
    }
  }
});

test('PID 1 of --init does not tell what it is', async () => {
  const { stdout } = await run(
    '--init',
    image,
    'sh',
    '-c',
    'readlink /proc/1/exe; cat /proc/1/environ /proc/1/maps; echo end',
  );
  expect(stdout).toBe('end\n');
});

test('every program of ours is as it was', () => {
  expect(new Map(programs().map((path) => [path, hash(path)]))).toEqual(before);
});

/** Descriptors of the host's directories, reached through /proc/self/fd (CVE-2024-21626, CVE-2016-9962). */
import { afterAll, describe, expect } from 'vitest';
import { directory, file, symlink } from '../../rootfs-fixtures/entry.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';
import { plantCanary } from './canary.ts';
import { hostileImage } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const canary = plantCanary(home);
const before = canary.fingerprint();

/** More than init ever holds: the monitor's channel and locks, a slot per layer, the root, procfs. */
const numbers = Array.from({ length: 40 }, (_, i) => i);
/** From the deepest directory of a store to the top. */
const upwards = '../'.repeat(10);
const canaryPrograms = `${upwards}${canary.path.slice(1)}/bin`;

const image = hostileImage(home, 'descriptors', {
  layers: [
    [
      directory('links'),
      directory('scripts'),
      ...numbers.flatMap((n) => [
        symlink(`links/${n}`, `/proc/self/fd/${n}/${canaryPrograms}`),
        directory(`scripts/${n}`),
        // A static program of the host's: of the container's own nothing has this name.
        file(`scripts/${n}/program`, `#!/proc/self/fd/${n}/${upwards}sbin/ldconfig -V\n`, 0o755),
      ]),
      symlink('work', '/proc/self/fd/7'),
      symlink('cwd', '/proc/self/cwd'),
    ],
  ],
});
const run = (...args: readonly string[]) => tsrun(['run', '--rm', '--quiet', ...args], { env: home.env });

/** One run tries them all: a file of PATH that is not there is passed over. */
const pathOf = (one: (n: number) => string): readonly string[] => ['-e', `PATH=${numbers.map(one).join(':')}`];

describe.for([[], ['--init'], ['--userns', 'private']])(
  'with %s a descriptor of the host cannot be reached',
  (flags) => {
    test('by an entrypoint below /proc/self/fd', async () => {
      const { stdout, exitCode } = await run(
        ...flags,
        ...pathOf((n) => `/proc/self/fd/${n}/${canaryPrograms}`),
        image,
        'program',
      );
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 127 });
    });

    test('by links of the image that lead there', async () => {
      const { stdout, exitCode } = await run(...flags, ...pathOf((n) => `/links/${n}`), image, 'program');
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 127 });
    });

    test('by the interpreter of a script, which the kernel opens before it closes anything', async () => {
      const { stdout, stderr, exitCode } = await run(...flags, ...pathOf((n) => `/scripts/${n}`), image, 'program');
      expect(stdout + stderr).not.toContain('GLIBC');
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 127 });
    });
  },
);

for (const path of ['/proc/self/fd/4', '/proc/self/fd/8', '/work', '/cwd', '/proc/1/root']) {
  test(`a working directory of ${path} does not lead out`, async () => {
    const read = `cat ${canaryPrograms}/program; cat ../../../../..${canary.path}/bin/program; readlink /proc/self/cwd`;
    const { stdout } = await run('-w', path, image, '/bin/sh', '-c', read);
    // Refused, or a directory of the container's.
    expect(['', '/\n']).toContain(stdout);
  });
}

test('the command has three descriptors, and those of --init cannot be seen', async () => {
  const { stdout: plain } = await run(image, 'sh', '-c', 'exec ls -l /proc/1/fd');
  expect(plain.match(/ \d+ -> /g)).toEqual([' 0 -> ', ' 1 -> ', ' 2 -> ']);
  const { stdout: init } = await run(
    '--init',
    image,
    'sh',
    '-c',
    'ls -l /proc/1/fd; cat /proc/1/mem /proc/1/maps; ls -l /proc/1/exe',
  );
  expect(init).not.toContain('->');
  expect(init).not.toContain(home.path);
});

test('the command starts in its directory and not above its root', async () => {
  const script = 'readlink /proc/self/cwd; cd ../../../..; pwd; readlink /proc/1/root';
  const { stdout } = await run('-w', '/home/alice', image, 'sh', '-c', script);
  expect(stdout).toBe('/home/alice\n/\n/\n');
});

test('the host is as it was', () => {
  expect(canary.fingerprint()).toBe(before);
});

/** The runtime's own programs, overwritten by a container that waits for `exec` (CVE-2019-5736, CVE-2016-9962). */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeBundle, type TestBundle } from '../oci/bundle.ts';
import { repository } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { compiled } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** An installation of our own: while anybody runs the helper, writing to it is refused for that alone (ETXTBSY). */
const installation = join(home.path, 'installation');
for (const part of [
  'bin',
  'dist/cli',
  'build/Release/tsrun-oci',
  'build/Release/tsrun-init',
  'build/Release/tsrun.node',
])
  cpSync(join(repository, part), join(installation, part), { recursive: true });
for (const name of ['package.json', 'binding.gyp']) cpSync(join(repository, name), join(installation, name));
const ourOci = join(installation, 'bin', 'tsrun-oci');
const program = compiled(home, 'hold-runtime');

/** Everything of ours that runs for a call of an OCI client. */
function programs(): readonly string[] {
  const built = join(installation, 'build', 'Release');
  const bundles = join(installation, 'dist', 'cli');
  return [
    process.execPath,
    ourOci,
    ...['tsrun-oci', 'tsrun-init', 'tsrun.node'].map((name) => join(built, name)),
    ...readdirSync(bundles).map((name) => join(bundles, name)),
  ];
}
const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const before = new Map(programs().map((path) => [path, hash(path)]));

const ptrace = ['CAP_SYS_PTRACE', 'CAP_DAC_OVERRIDE'];

/** A container whose PID 1 waits for whoever enters. */
function watching(capabilities: readonly string[]): { readonly bundle: TestBundle; seen(): string } {
  const bundle = makeBundle(home.path, ourOci);
  const bin = (name: string): string => join(bundle.rootfs, 'bin', name);
  copyFileSync(program, bin('hold-runtime'));
  writeFileSync(bin('through-self'), '#!/proc/self/exe\n', { mode: 0o755 });
  symlinkSync('/proc/self/exe', bin('linked-self'));
  const seen = join(bundle.rootfs, 'tmp', 'seen');
  bundle.configure((config) => {
    config.process.args = ['sh', '-c', 'exec hold-runtime > /tmp/seen'];
    config.process.env = ['PATH=/bin'];
    const held = { bounding: capabilities, effective: capabilities, permitted: capabilities };
    config.process['capabilities'] = held;
  });
  expect(bundle.oci(['run', '--detach', 'c'])).toEqual({ stdout: '', stderr: '', status: 0 });
  const read = (): string => (existsSync(seen) ? readFileSync(seen, 'utf8') : '');
  while (!read().includes('watching'));
  return { bundle, seen: read };
}

describe.each([
  ['without a capability', []],
  ['with CAP_SYS_PTRACE', ptrace],
])('a container %s', (_, capabilities) => {
  test('meets those that enter, and writes to none', () => {
    const { bundle, seen } = watching(capabilities);
    // It looks all the time, and a process of ours is there for a millisecond or more.
    for (let tries = 0; tries < 200 && !/hidden|held/.test(seen()); ++tries)
      expect(bundle.oci(['exec', 'c', 'true'])).toMatchObject({ stderr: '', status: 0 });
    expect(seen()).toMatch(/hidden|held/);
    expect(seen()).not.toContain('WRITTEN');
    if (capabilities.length === 0) expect(seen()).not.toContain('held');
    bundle.oci(['delete', '--force', 'c']);
  });

  // The kernel runs our helper, as a program of the container's: everybody in there may open it.
  test.each(['/proc/self/exe', 'through-self', 'linked-self'])(
    'that has our helper executed inside, by %s, does not write to it while it runs nor after',
    async (command) => {
      const { bundle, seen } = watching(capabilities);
      // The helper has a word to say to standard error, and stays until that is read.
      using errors = new FullPipe(join(bundle.path, 'errors'));
      const exec = spawn(ourOci, ['--root', bundle.root, 'exec', 'c', command], {
        stdio: ['ignore', 'ignore', errors.fd],
      });
      const ended = statusOf(exec);
      while (!seen().includes('held') && exec.exitCode === null) await new Promise(setImmediate);
      expect(seen()).toContain('held');
      errors.drain();
      expect(await ended).not.toBe(0);
      while (!/refused|WRITTEN/.test(seen())) await new Promise(setImmediate);
      expect(seen()).not.toContain('WRITTEN');
      bundle.oci(['delete', '--force', 'c']);
    },
  );
});

test('every program of ours is as it was', () => {
  expect(new Map(programs().map((path) => [path, hash(path)]))).toEqual(before);
});

const statusOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));

/** A pipe that nobody reads for now, and that takes no more. */
class FullPipe {
  readonly fd: number;

  constructor(path: string) {
    execFileSync('mkfifo', [path]);
    // Both sides, or opening it would wait for the other.
    this.fd = openSync(path, constants.O_RDWR);
    const nonblocking = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    for (const block of [Buffer.alloc(4096), Buffer.alloc(1)]) {
      try {
        while (writeSync(nonblocking, block) > 0);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
    }
    closeSync(nonblocking);
  }

  drain(): void {
    readSync(this.fd, Buffer.alloc(1 << 20));
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

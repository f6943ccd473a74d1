/**
 * Around all kernel tests: the images are made before, and after them nothing may be left on the machine.
 *
 * One run at a time on a machine: the check could not tell its own leftovers from another run's work.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { repository } from './fixture.ts';
import { scratchPrefix } from './home.ts';
import { leftovers, type Snapshot, snapshot } from './machine.ts';

/** Resolves when no other run is under way. A directory can be locked by whoever may read it, root or not. */
async function takeTurn(): Promise<{ release: () => Promise<void> }> {
  const holder = spawn('flock', [tmpdir(), '-c', 'echo; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [signal] = await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')]);
  if (typeof signal === 'number') throw new Error(`flock ended with status ${signal}`);
  return {
    release: async () => {
      holder.stdin.end();
      await once(holder, 'exit');
    },
  };
}

/** A file whose tests were all skipped has made its home and runs no hooks: what is empty goes, what is not is a leftover. */
function removeUnusedHomes(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(scratchPrefix))) {
    try {
      rmdirSync(join(tmpdir(), name));
    } catch {
      // Not empty, or not ours: the check will say.
    }
  }
}

/** The kernel takes namespaces and groups away a moment after their last process: ask again for ten seconds. */
async function settled(before: Snapshot): Promise<readonly string[]> {
  for (const deadline = Date.now() + 10_000; ; await setTimeout(100)) {
    const left = leftovers(before, snapshot());
    if (left.length === 0 || Date.now() > deadline) return left;
  }
}

export default async function setup(): Promise<() => Promise<void>> {
  // A checkout that this user may not write to has had them made already.
  if (process.env['TSRUN_TESTS_IMAGES'] !== 'made') {
    const { status } = spawnSync('sh', [join(repository, 'rootfs-fixtures', 'make.sh'), 'standard'], {
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error('the test images could not be made');
  }
  const turn = await takeTurn();
  const before = snapshot();
  return async () => {
    removeUnusedHomes();
    const left = await settled(before);
    await turn.release();
    if (left.length === 0) return;
    // vitest prints an error of a teardown and ends with status 0 all the same.
    process.exitCode = 1;
    throw new Error(`the tests left something on the machine:\n  ${left.join('\n  ')}`);
  };
}

/** A store and a state directory of a test file's own, so that tests neither see nor leave anything elsewhere. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Everything tests make on disk lies in directories of this name: the final check looks for them. */
export const scratchPrefix = 'tsrun-test-';

export interface TestHome {
  /** A directory to use at will. */
  readonly path: string;
  readonly store: string;
  readonly state: string;
  /** What a tsrun process needs to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** Removes it, also what belongs to subordinate ids. */
  [Symbol.dispose](): void;
}

/** Removes a tree. An ordinary user may not remove what containers left to subordinate ids, but root of its namespace may. */
function removeTree(path: string): void {
  try {
    // Again: the monitor of a command that was killed may just be writing its last word.
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    const inNamespace = ['--user', '--map-root-user', '--map-auto', '--', 'rm', '-rf', path];
    if (process.getuid?.() === 0 || spawnSync('unshare', inNamespace).status !== 0) throw error;
  }
}

/**
 * Makes the directories (below TMPDIR).
 *
 * @example
 * const home = makeHome();
 * afterAll(() => home[Symbol.dispose]());
 */
export function makeHome(): TestHome {
  const path = mkdtempSync(join(tmpdir(), scratchPrefix));
  const store = join(path, 'store');
  const state = join(path, 'state');
  return {
    path,
    store,
    state,
    env: { TSRUN_STORE: store, TSRUN_ROOT: state },
    [Symbol.dispose]: () => removeTree(path),
  };
}

// For measures that write much: a place of its own for every run, and a quiet disk before it.
import { mkdirSync } from 'node:fs';

/** @typedef {import('./prepare.js').Bench} Bench */

/** What the one before has written goes to the disk now, not while the next one is measured. */
export const settle = (/** @type {Bench} */ { workspace }) => workspace.execute(['sync', '-f', workspace.path]);

/**
 * A new directory at every call.
 *
 * @param {Bench} bench
 * @param {string} name
 */
export function places({ workspace }, name) {
  let made = 0;
  return () => {
    const path = workspace.at(`${name}-${made++}`);
    mkdirSync(path);
    return path;
  };
}

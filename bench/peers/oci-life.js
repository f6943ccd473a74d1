// One container from create to delete with one OCI runtime, each verb timed.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {readonly string[]} command
 * @property {NodeJS.ProcessEnv} env
 * @property {readonly string[]} within words in front of the timer
 * @property {string} bundle of a command that waits
 *
 * @typedef {'create' | 'start' | 'state' | 'exec' | 'kill' | 'delete'} Verb
 */

let containers = 0;

/**
 * @param {import('../setup/prepare.js').Bench} bench
 * @param {Runtime} runtime
 * @returns {Promise<Record<Verb, number>>} milliseconds
 */
export async function liveOnce({ workspace, timer }, { command, env, within, bundle }) {
  const id = `tsrun-bench-${process.pid}-${++containers}`;
  const pidFile = workspace.at(`${id}.pid`);
  const said = workspace.at(`${id}.err`);
  // A created container keeps its standard error, and so would the pipe that the timer's end is waited for on.
  const around = [...within, 'sh', '-c', 'exec 2>"$0"; exec "$@"', said];
  const verb = async (/** @type {readonly string[]} */ ...words) => {
    try {
      const [sample] = await timer.time([...command, ...words], { env, within: around });
      return sample ?? Number.NaN;
    } catch {
      throw new Error(`${[...command, ...words].join(' ')} failed:\n${readFileSync(said, 'utf8').trim()}`);
    }
  };
  const remove = () => verb('delete', '--force', id);
  const create = await verb('create', '--bundle', bundle, '--pid-file', pidFile, id);
  try {
    const start = await verb('start', id);
    const state = await verb('state', id);
    const exec = await verb('exec', id, '/bin/true');
    const kill = await verb('kill', id, 'KILL');
    await ended(Number(readFileSync(pidFile, 'utf8')));
    return { create, start, state, exec, kill, delete: await verb('delete', id) };
  } catch (error) {
    await remove().catch(() => {});
    throw error;
  }
}

/** Not to be timed: whose child the container is now may take its time to reap it, and a zombie has ended. */
async function ended(/** @type {number} */ pid) {
  for (;;) {
    try {
      if (/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) return;
    } catch {
      return;
    }
    await sleep(1);
  }
}

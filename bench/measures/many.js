// Containers that live on their own: 300 at once, what the last one costs, and what is asked of one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPodman } from '../peers/podman.js';
import { interleave, rowOf } from '../report/statistics.js';
import { pssOf } from '../setup/pss.js';
import { storeWarmImage } from '../setup/warm-image.js';

/** @typedef {import('../setup/prepare.js').Bench} Bench */

const containers = 300;
/** How many starts stand for the first, and for the last. */
const some = 10;
/** Monitors are watched for so long for waking up without a reason. */
const quietMilliseconds = 5000;

/**
 * @param {Bench} bench
 * @returns {Promise<import('../report/section.js').Section>}
 */
export async function many(bench) {
  const { workspace, nodes, root, image, timer, options } = bench;
  await storeWarmImage(bench);
  const env = { ...bench.env, TSRUN_ROOT: workspace.at('many-state') };
  const [node = { name: 'this Node', path: process.execPath }] = nodes;
  const tsrun = (/** @type {string[]} */ ...words) => [node.path, join(root, 'bin/tsrun'), ...words];
  const start = () => timer.time(tsrun('run', '-dq', image, 'sleep', '100000'), { env });
  const ps = async () => (await workspace.execute(tsrun('ps', '--no-trunc', '-aq'), env)).stdout.trim().split('\n');
  // From here on there is something to leave behind.
  const remove = async () => {
    const ids = (await ps()).filter((id) => id !== '');
    if (ids.length > 0) await workspace.execute(tsrun('rm', '-f', ...ids), env);
  };
  try {
    // The code cache, and the first look at everything.
    await start();
    await remove();
    const starts = [];
    for (let i = 0; i < some; ++i) starts.push(...(await start()));
    await remove();
    await start();
    const few = await interleave(
      [
        { name: `node -e 0, ${node.name}`, run: () => timer.time([node.path, '-e', '0']) },
        { name: 'tsrun ps of one', run: () => timer.time(tsrun('ps'), { env }) },
      ],
      options.rounds ?? 15,
      'containers that live',
    );
    const alone = (await ps())[0] ?? '';
    const exec = rowOf('tsrun exec of true', await timer.time(tsrun('exec', alone, 'true'), { env, count: some }));
    for (let i = 1; i < containers - some; ++i) await start();
    const last = [];
    for (let i = 0; i < some; ++i) last.push(...(await start()));
    const all = await interleave(
      [{ name: `tsrun ps of ${containers}`, run: () => timer.time(tsrun('ps'), { env }) }],
      options.rounds ?? 15,
      'containers that live',
    );
    const monitors = monitorsOf(workspace.at('store'), bench.env, await ps());
    await sleep(2500);
    const before = wakeUps(monitors);
    await sleep(quietMilliseconds);
    const woken = wakeUps(monitors) - before;
    const memory = rowOf('', monitors.map(pssOf)).median;
    const first = rowOf(`tsrun run -d, the first ${some}`, starts);
    const end = rowOf(`tsrun run -d, the last ${some} of ${containers}`, last);
    const [bare, one] = few;
    const [hundreds] = all;
    const rows = [...few, ...all, first, end, exec];
    const notes = [`${monitors.length} monitors woke up ${woken} times in ${quietMilliseconds / 1000} s`];
    const found = await findPodman(workspace, image);
    if ('reason' in found) notes.push(found.reason);
    else rows.push(...(await podmans(found, timer)));
    return {
      title: `${containers} containers in the background`,
      base: bare?.name ?? '',
      unit: 'ms',
      rows,
      budgets: [
        ratio(`the last of ${containers} starts: at most 1.2 of the first`, end.median / first.median, 1.2),
        ratio(
          `ps of ${containers}: at most 2 of ps of one, both above a bare node`,
          ((hundreds?.median ?? 0) - (bare?.median ?? 0)) / ((one?.median ?? 0) - (bare?.median ?? 0)),
          2,
        ),
        {
          claim: `what of ours stays for each of ${containers}: at most 0.25 MiB (PSS)`,
          found: `${memory.toFixed(2)} MiB`,
          met: memory <= 0.25,
        },
        { claim: 'no wake-ups while nothing happens', found: String(woken), met: woken === 0 },
      ],
      notes,
    };
  } finally {
    await remove();
  }
}

/** @param {string} claim @param {number} found @param {number} most */
const ratio = (claim, found, most) => ({ claim, found: found.toFixed(2), met: found <= most });

/**
 * @param {Extract<Awaited<ReturnType<typeof findPodman>>, { podman: unknown }>} found
 * @param {Bench['timer']} timer
 */
async function podmans({ podman, image }, timer) {
  const run = podman.argv('run', '--detach', '--network=none', image, 'sleep', '1000');
  const starts = await timer.time(run, { env: podman.env, count: some });
  const [id = ''] = (await podman.run('ps', '--quiet', '--no-trunc')).split('\n');
  const execs = await timer.time(podman.argv('exec', id, 'true'), { env: podman.env, count: some });
  podman.reset();
  return [rowOf(`podman run -d, the first ${some}`, starts), rowOf('podman exec of true', execs)];
}

/**
 * @param {string} store
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} ids
 */
function monitorsOf(store, env, ids) {
  const containersOf = join(env['TSRUN_STORE'] ?? store, 'containers');
  return ids.map((id) => Number(/^monitor (\d+)$/m.exec(readFileSync(join(containersOf, id, 'running'), 'utf8'))?.[1]));
}

/** @param {readonly number[]} pids */
const wakeUps = (pids) =>
  pids.reduce((sum, pid) => {
    const line = /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return sum + Number(line?.[1] ?? 0);
  }, 0);

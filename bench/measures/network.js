// What a bridge adds to a start: until the container's first byte, and until all of it is gone again. In a network namespace that stands
// for the machine, so that nothing of the machine's own is touched.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { findPodman } from '../peers/podman.js';
import { ratioBudget } from '../report/section.js';
import { interleave } from '../report/statistics.js';
import { storeWarmImage } from '../setup/warm-image.js';

/** @typedef {import('../setup/prepare.js').Bench} Bench */
/** @typedef {import('../report/statistics.js').Row} Row */

/**
 * @param {Bench} bench
 * @returns {Promise<import('../report/section.js').Section>}
 */
export async function network(bench) {
  const { workspace, nodes, root, image, env, timer, options, isRoot } = bench;
  const title = 'A container on a bridge, beside one without a network';
  /** @type {import('../report/section.js').Section} */
  const none = { title, base: '', unit: 'ms', rows: [], budgets: [], notes: ['networks are root’s: not measured'] };
  if (!isRoot) return none;
  await storeWarmImage(bench);
  const within = await machine(workspace);
  const [node] = nodes;
  if (node === undefined) return none;
  const tsrun = (/** @type {string[]} */ ...words) => [node.path, join(root, 'bin/tsrun'), ...words];
  const ours = (/** @type {string} */ name, /** @type {string[]} */ ...command) =>
    tsrun('run', '--rm', '--network', name, image, ...command);
  const execute = async (/** @type {string[]} */ ...words) => {
    const { status, stdout, stderr } = await workspace.execute([...within, ...tsrun(...words)], env);
    if (status !== 0) throw new Error(`tsrun ${words[0]} failed: ${stderr.trim()}`);
    return stdout.trim();
  };
  // The first start fills the code cache.
  for (const name of ['none', 'bridge']) await timer.time(ours(name, 'true'), { env, within, count: 2 });
  const firstByte = (/** @type {string} */ name) => untilFirstByte([...within, ...ours(name, 'echo', 'up')], env);
  /** @type {string} */
  let other = '';
  const withOther = async () => {
    if (other === '') other = await execute('run', '-d', '--network', 'bridge', image, 'sleep', '100000');
  };
  const withoutOther = async () => {
    if (other !== '') await execute('rm', '-f', other);
    other = '';
  };
  /** @type {import('../report/statistics.js').Contender[]} */
  const contenders = [
    { name: 'first byte, none', run: async () => [await firstByte('none')] },
    { name: 'first byte, bridge, the first on it', run: async () => [await firstByte('bridge')], before: withoutOther },
    { name: 'first byte, bridge, beside another', run: async () => [await firstByte('bridge')], before: withOther },
    { name: 'tsrun run, none', run: () => timer.time(ours('none', 'true'), { env, within }) },
    {
      name: 'tsrun run, bridge, the first on it',
      run: () => timer.time(ours('bridge', 'true'), { env, within }),
      before: withoutOther,
    },
    {
      name: 'tsrun run, bridge, beside another',
      run: () => timer.time(ours('bridge', 'true'), { env, within }),
      before: withOther,
    },
  ];
  const notes = [];
  const found = await findPodman(workspace, image);
  if ('reason' in found) notes.push(found.reason ?? '');
  else {
    const { podman } = found;
    const argv = (/** @type {string} */ name) => podman.argv('run', '--rm', `--network=${name}`, found.image, 'true');
    const tried = await workspace.execute([...within, ...argv('podman')], podman.env);
    if (tried.status !== 0) notes.push(`podman: no bridge here: ${tried.stderr.trim().split('\n').pop()}`);
    else {
      for (const name of ['none', 'podman']) {
        contenders.push({
          name: `podman run, ${name === 'none' ? 'none' : 'bridge'}`,
          run: () => timer.time(argv(name), { env: podman.env, within }),
        });
      }
    }
  }
  const rows = await interleave(contenders, options.rounds ?? 15, 'network');
  await withoutOther();
  if ('podman' in found) found.podman.reset();
  return { title, base: rows[0]?.name ?? '', unit: 'ms', rows, budgets: budgets(rows), notes };
}

/**
 * @param {import('../setup/workspace.js').Workspace} workspace
 * @returns {Promise<readonly string[]>} words that put a command there
 */
async function machine(workspace) {
  const child = workspace.start(['unshare', '--net', '--', 'sh', '-c', 'ip link set lo up; echo ready; exec cat']);
  await new Promise((resolve, reject) => child.stdout?.once('data', resolve).once('error', reject));
  workspace.atEnd(() => child.kill());
  return ['nsenter', `--net=/proc/${child.pid}/ns/net`, '--'];
}

/**
 * @param {readonly string[]} argv
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} milliseconds
 */
async function untilFirstByte([file = '', ...args], env) {
  const start = process.hrtime.bigint();
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const seen = await new Promise((resolve) => child.stdout.once('data', () => resolve(process.hrtime.bigint())));
  const status = await new Promise((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`${args.join(' ')} gave ${status}`);
  return Number(seen - start) / 1e6;
}

/** @param {readonly Row[]} rows */
function budgets(rows) {
  const row = (/** @type {string} */ name) => rows.find((each) => each.name === name);
  const none = row('first byte, none');
  const first = row('first byte, bridge, the first on it');
  const beside = row('first byte, bridge, beside another');
  if (none === undefined || first === undefined || beside === undefined) return [];
  const added = (/** @type {Row} */ bridge) => bridge.median - none.median;
  const own = row('tsrun run, bridge, beside another');
  return [
    ...[first, beside].map((bridge) => ({
      claim: `${bridge.name}: at most 15 ms more than without a network`,
      found: `${added(bridge).toFixed(1)} ms`,
      met: added(bridge) <= 15,
    })),
    ...(own === undefined ? [] : ratioBudget(own.name, own, row('podman run, bridge'), 0.5)),
  ];
}

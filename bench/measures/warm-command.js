// A warm `tsrun run --rm IMAGE true`, beside what else starts a container or a Node.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findOciRuntime } from '../peers/oci-runtime.js';
import { findDocker, findPodman } from '../peers/podman.js';
import { ratioBudget } from '../report/section.js';
import { interleave } from '../report/statistics.js';
import { plainRootfs, storeWarmImage } from '../setup/warm-image.js';

/** @typedef {import('../setup/prepare.js').Bench} Bench */

/**
 * @param {Bench} bench
 * @returns {Promise<import('../report/section.js').Section>}
 */
export async function warmCommand(bench) {
  const { workspace, nodes, root, image, env, timer, options } = bench;
  const notes = [];
  const { layers } = await storeWarmImage(bench);
  await plainRootfs(workspace, layers);
  /** @type {import('../report/statistics.js').Contender[]} */
  const contenders = [];
  const add = (/** @type {string} */ name, /** @type {() => Promise<number[]>} */ run) =>
    contenders.push({ name, run });
  for (const node of nodes) {
    const tsrun = [node.path, join(root, 'bin/tsrun'), 'run', '--rm', image, 'true'];
    // The first start with a Node fills the code cache.
    await timer.time(tsrun, { env, count: 2 });
    add(`node -e 0, ${node.name}`, () => timer.time([node.path, '-e', '0']));
    add(`tsrun run, ${node.name}`, () => timer.time(tsrun, { env }));
  }
  for (const name of /** @type {const} */ (['runc', 'crun'])) {
    const runtime = await findOciRuntime(bench, name);
    if ('reason' in runtime) notes.push(runtime.reason);
    else add(runtime.name, () => timer.time(runtime.argv(), { within: runtime.within }));
  }
  const found = await findPodman(workspace, image);
  if ('reason' in found) notes.push(found.reason);
  else {
    const { podman } = found;
    const argv = podman.argv('run', '--rm', '--network=none', found.image, 'true');
    add(`podman run, ${podman.runtime}`, () => timer.time(argv, { env: podman.env }));
  }
  const docker = addDocker(image, timer, add);
  if (docker !== null) notes.push(docker);
  const rows = await interleave(contenders, options.rounds ?? 15, 'warm command');
  if ('podman' in found) found.podman.reset();
  return {
    title: `A container of true: tsrun run --rm ${image.split('/').pop()} true, warm`,
    base: rows[0]?.name ?? '',
    unit: 'ms',
    rows,
    budgets: budgets(rows, nodes),
    notes,
  };
}

/**
 * @param {string} image
 * @param {Bench['timer']} timer
 * @param {(name: string, run: () => Promise<number[]>) => void} add
 * @returns {string | null} why not
 */
function addDocker(image, timer, add) {
  const docker = findDocker();
  if ('reason' in docker) return docker.reason ?? null;
  const loaded = spawnSync('docker', ['load', '--quiet', '--input', image], { encoding: 'utf8' });
  const name = loaded.stdout.trim().replace(/^Loaded image( ID)?: /, '');
  if (loaded.status !== 0) return `docker: cannot load the image: ${loaded.stderr.trim()}`;
  add('docker run', () => timer.time(['docker', 'run', '--rm', '--network=none', name, 'true']));
  return null;
}

/**
 * @param {readonly import('../report/statistics.js').Row[]} rows
 * @param {Bench['nodes']} nodes
 */
function budgets(rows, nodes) {
  const row = (/** @type {string} */ start) => rows.find(({ name }) => name.startsWith(start));
  return nodes.flatMap(({ name }) => {
    const bare = row(`node -e 0, ${name}`);
    const ours = row(`tsrun run, ${name}`);
    if (bare === undefined || ours === undefined) return [];
    const more = ours.median - bare.median;
    const claim = `${ours.name}: node -e 0 and at most 25 ms`;
    return [
      { claim, found: `and ${more.toFixed(1)} ms`, met: more <= 25 },
      ...ratioBudget(ours.name, ours, row('podman run'), 0.5),
      ...ratioBudget(ours.name, ours, row('docker run'), 0.33),
    ];
  });
}

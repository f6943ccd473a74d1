// What stays in memory for a container that waits: proportional set size, so that shared pages count once.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPodman, Podman } from '../peers/podman.js';
import { rowOf } from '../report/statistics.js';
import { pssOf } from '../setup/pss.js';
import { storeWarmImage } from '../setup/warm-image.js';

/** @typedef {import('../setup/prepare.js').Bench} Bench */

/** Enough that what the monitors share is shared as on a busy machine. */
const containers = 10;

/** A monitor lets go of its start after a second of quiet. */
const quietMilliseconds = 2500;

/**
 * @param {Bench} bench
 * @returns {Promise<import('../report/section.js').Section>}
 */
export async function memory(bench) {
  const { workspace, image, nodes } = bench;
  await storeWarmImage(bench);
  const rows = [];
  const notes = [`${containers} containers at a time, each waiting in sleep`];
  const monitors = [];
  for (const node of nodes) {
    const running = await startContainers(bench, node.path);
    await sleep(quietMilliseconds);
    const found = running.map(({ pid }) => childOf(pid));
    monitors.push(...found.map(pssOf));
    rows.push(
      rowOf(
        `tsrun run, its ${node.name}`,
        running.map(({ pid }) => pssOf(pid)),
      ),
    );
    await Promise.all(running.map((container) => container.end()));
  }
  const ours = rowOf('monitor, one per container', monitors);
  const podman = await findPodman(workspace, image);
  if ('reason' in podman) notes.push(podman.reason);
  else rows.push(await conmon(podman));
  return {
    title: 'Memory of an idle container (PSS)',
    base: ours.name,
    unit: 'MiB',
    rows: [ours, ...rows],
    budgets: [
      {
        claim: 'what of ours outlives the command, the monitor: at most 0.25 MiB',
        found: `${ours.median.toFixed(2)} MiB`,
        met: ours.median <= 0.25,
      },
    ],
    notes,
  };
}

/**
 * @param {Bench} bench
 * @param {string} node
 */
async function startContainers({ workspace, root, image, env }, node) {
  const argv = [node, join(root, 'bin/tsrun'), 'run', '--rm', image, 'sh', '-c', 'echo ready; exec sleep 1000'];
  const running = [];
  for (let i = 0; i < containers; ++i) {
    const child = workspace.start(argv, env);
    child.stderr?.resume();
    const closed = new Promise((resolve) => child.on('close', resolve));
    await new Promise((resolve, reject) => {
      child.stdout?.once('data', resolve);
      child.once('close', () => reject(new Error('a container of sleep ended before it began')));
    });
    running.push({
      pid: child.pid ?? 0,
      end: async () => {
        child.kill('SIGKILL');
        await closed;
      },
    });
  }
  return running;
}

/** @param {{ podman: Podman, image: string }} found */
async function conmon({ podman, image }) {
  for (let i = 0; i < containers; ++i) {
    await podman.run('run', '--detach', '--network=none', image, 'sleep', '1000');
  }
  const pids = await podman.run('ps', '--quiet', '--no-trunc');
  const monitors = await podman.run('inspect', '--format', '{{.State.ConmonPid}}', ...pids.split('\n'));
  const row = rowOf("podman's conmon", monitors.split('\n').map(Number).map(pssOf));
  podman.reset();
  return row;
}

/** @param {number} parent */
function childOf(parent) {
  for (const task of readdirSync(`/proc/${parent}/task`)) {
    const [child] = readFileSync(`/proc/${parent}/task/${task}/children`, 'utf8').split(' ');
    if (child) return Number(child);
  }
  throw new Error(`process ${parent} has no child`);
}

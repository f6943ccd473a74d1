// How much memory loading and pulling 2 GB take at their peak, few layers or many: proportional set size, all of our processes together.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeLargeLayers } from '../images/large-layers.js';
import { isInstalled } from '../peers/podman.js';
import { startRegistry } from '../peers/registry.js';
import { rowOf } from '../report/statistics.js';
import { pssOf } from '../setup/pss.js';

/** @typedef {import('../setup/prepare.js').Bench} Bench */

const bytes = 2 * 2 ** 30;
const most = 200;
/** Between two looks. */
const pause = 20;

const shapes = /** @type {const} */ ([
  { name: 'one layer, gzip', layers: 1, compression: 'gzip' },
  { name: '16 layers, gzip', layers: 16, compression: 'gzip' },
  { name: 'one layer, plain', layers: 1, compression: 'none' },
]);

/**
 * @param {Bench} bench
 * @returns {Promise<import('../report/section.js').Section>}
 */
export async function loadingMemory(bench) {
  const { workspace, nodes } = bench;
  const rows = [];
  const notes = [`2 GB of files of 64 MiB; looked at every ${pause} ms`];
  const canPull = ['docker-registry', 'skopeo'].every(isInstalled);
  if (!canPull) notes.push('pull: docker-registry and skopeo are not both installed');
  const registry = canPull ? await startRegistry(workspace) : '';
  for (const { name, layers, compression } of shapes) {
    const layout = workspace.at(`large-${layers}-${compression}`);
    await writeLargeLayers(layout, { layers, bytes, compression });
    const image = `${registry}/bench/large-${layers}-${compression}:1`;
    if (canPull) await copyTo(bench, layout, image);
    for (const node of nodes) {
      const took = async (/** @type {string[]} */ words) => await peak(bench, node.path, words);
      rows.push(rowOf(`tsrun load, ${node.name}: ${name}`, [await took(['load', '--quiet', '-i', layout])]));
      if (canPull) rows.push(rowOf(`tsrun pull, ${node.name}: ${name}`, [await took(['pull', '--quiet', image])]));
    }
    rmSync(layout, { recursive: true });
  }
  return {
    title: 'Memory while an image of 2 GB is loaded or pulled (peak of PSS)',
    base: rows[0]?.name ?? '',
    unit: 'MiB',
    rows,
    budgets: rows.map(({ name, median }) => ({
      claim: `${name}: less than ${most} MiB`,
      found: `${median.toFixed(0)} MiB`,
      met: median < most,
    })),
    notes,
  };
}

/**
 * @param {Bench} bench
 * @param {string} layout
 * @param {string} image
 */
async function copyTo({ workspace }, layout, image) {
  const copy = ['skopeo', 'copy', '-q', '--insecure-policy', '--dest-tls-verify=false'];
  const { status, stderr } = await workspace.execute([...copy, `oci:${layout}`, `docker://${image}`]);
  if (status !== 0) throw new Error(`skopeo copy failed: ${stderr.trim()}`);
}

/**
 * @param {Bench} bench
 * @param {string} node
 * @param {string[]} words
 */
async function peak({ workspace, root, env }, node, words) {
  const store = workspace.at('store-large');
  const child = workspace.start([node, join(root, 'bin/tsrun'), ...words], { ...env, TSRUN_STORE: store });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => (said += text));
  child.stdout?.resume();
  /** @type {number | null | undefined} undefined: it runs */
  let status;
  child.on('close', (code) => (status = code));
  let highest = 0;
  while (status === undefined) {
    highest = Math.max(
      highest,
      treeOf(child.pid ?? 0).reduce((sum, pid) => sum + pssIfAny(pid), 0),
    );
    await sleep(pause);
  }
  if (status !== 0) throw new Error(`tsrun ${words[0]} failed: ${said.trim()}`);
  await workspace.execute([node, join(root, 'bin/tsrun'), 'image', 'prune', '-a', '-f'], {
    ...env,
    TSRUN_STORE: store,
  });
  return highest;
}

/**
 * @param {number} pid
 * @returns {number[]}
 */
function treeOf(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => treeOf(Number(child))))];
  } catch {
    return [];
  }
}

/** @param {number} pid */
function pssIfAny(pid) {
  try {
    return pssOf(pid) || 0;
  } catch {
    return 0;
  }
}

// Unpacking alone, without store and record: 300 MB in 12,000 files, as one layer beside GNU tar, and as four in turn and together.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeLayers } from '../images/distribution.js';
import { gzip } from '../images/oci-archive.js';
import { ratioBudget } from '../report/section.js';
import { interleave } from '../report/statistics.js';
import { places, settle } from '../setup/places.js';

/** @typedef {import('../setup/prepare.js').Bench} Bench */
/** @typedef {import('../report/statistics.js').Contender} Contender */
/** @typedef {{ path: string, digest: string }} Layer digest: of the plain tar */

/**
 * @param {Bench} bench
 * @returns {Promise<import('../report/section.js').Section>}
 */
export async function apply(bench) {
  const { workspace, options, nodes, isRoot } = bench;
  /** @type {import('../report/section.js').Section} */
  const section = {
    title: 'Unpacking layers: 300 MB in 12,000 files',
    base: 'tar -x, one layer',
    unit: 's',
    rows: [],
    budgets: [],
    notes: [
      'the archives are in the page cache, the directories new, what was written before on the disk; digests are checked and what a layer is written again by is kept, as load does it; tar does neither',
    ],
  };
  const [node] = nodes;
  const busybox = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim();
  if (!isRoot || busybox === '' || node === undefined) {
    section.notes = [isRoot ? 'busybox is not installed: apt install busybox-static' : 'needs root'];
    return section;
  }
  const write = (/** @type {string} */ name, /** @type {readonly number[] | undefined} */ shares) => {
    mkdirSync(workspace.at(name));
    const pathOf = (/** @type {number} */ index) => workspace.at(name, `layer-${index}.tar`);
    return writeLayers('busybox', readFileSync(busybox), pathOf, shares);
  };
  const whole = write('apply-one', [1]);
  const four = write('apply-four', undefined);
  const packed = (/** @type {Layer[]} */ layers) =>
    Promise.all(layers.map(async (layer) => ({ ...layer, path: await gzip(layer) })));
  const [wholePacked, fourPacked] = [await packed(whole), await packed(four)];
  const ours = (/** @type {string} */ what, /** @type {Layer[]} */ layers, /** @type {'in turn' | 'together'} */ how) =>
    ourContender(bench, node.path, `tsrun applies ${what}`, layers, how);
  section.rows = await interleave(
    [
      tarContender(bench, 'tar -x, one layer', 'tar -xf "$1" -C "$0"', whole),
      ours('one layer', whole, 'in turn'),
      tarContender(bench, 'gzip -dc | tar -x, one layer', 'gzip -dc "$1" | tar -x -C "$0"', wholePacked),
      ours('one layer, gzip', wholePacked, 'in turn'),
      ...[four, fourPacked].flatMap((layers) => {
        const compression = layers === four ? '' : ', gzip';
        return [
          ours(`four layers in turn${compression}`, layers, 'in turn'),
          ours(`four layers together${compression}`, layers, 'together'),
        ];
      }),
    ],
    options.rounds ?? 3,
    'apply',
  );
  const row = (/** @type {string} */ name) => section.rows.find((candidate) => candidate.name === name);
  const budget = (/** @type {string} */ name, /** @type {string} */ other, /** @type {number} */ most) => {
    const measured = row(name);
    return measured === undefined ? [] : ratioBudget(name, measured, row(other), most);
  };
  section.budgets = [
    ...budget('tsrun applies one layer', 'tar -x, one layer', 1),
    ...budget('tsrun applies one layer, gzip', 'gzip -dc | tar -x, one layer', 0.9),
    ...budget('tsrun applies four layers together', 'tsrun applies four layers in turn', 0.8),
    ...budget('tsrun applies four layers together, gzip', 'tsrun applies four layers in turn, gzip', 0.8),
  ];
  return section;
}

/**
 * @param {Bench} bench
 * @param {string} name
 * @param {string} script with the directory as $0 and the archive as $1
 * @param {Layer[]} layers
 * @returns {Contender}
 */
function tarContender(bench, name, script, layers) {
  const next = places(bench, name.replaceAll(/\W+/g, '-'));
  let target = '';
  return {
    name,
    before: async () => {
      target = next();
      await settle(bench);
    },
    run: () => bench.timer.time(['sh', '-c', script, target, ...layers.map(({ path }) => path)]),
  };
}

/**
 * In a process of its own for each round, as a command is; its start is not counted.
 *
 * @param {Bench} bench
 * @param {string} node
 * @param {string} name
 * @param {Layer[]} layers
 * @param {'in turn' | 'together'} how
 * @returns {Contender}
 */
function ourContender(bench, node, name, layers, how) {
  const next = places(bench, name.replaceAll(/\W+/g, '-'));
  let target = '';
  return {
    name,
    before: async () => {
      target = next();
      await settle(bench);
    },
    run: async () => {
      const program = join(bench.root, 'bench/measures/apply-program.js');
      const argv = [node, program, JSON.stringify({ target, layers, how })];
      const { status, stdout, stderr } = await bench.workspace.execute(argv, bench.env);
      if (status !== 0) throw new Error(`${name} failed: ${stderr.trim()}`);
      return [Number(stdout)];
    },
  };
}

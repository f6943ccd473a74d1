// The first run of an image that is not in the store yet: 300 MB in 12,000 files, beside podman and GNU tar.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeLayers } from '../images/distribution.js';
import { writeOciArchive } from '../images/oci-archive.js';
import { isInstalled, Podman } from '../peers/podman.js';
import { ratioBudget } from '../report/section.js';
import { interleave } from '../report/statistics.js';

/** @typedef {import('../setup/prepare.js').Bench} Bench */
/** @typedef {import('../report/statistics.js').Contender} Contender */
/** @typedef {Awaited<ReturnType<typeof writeOciArchive>>} Archive */

/**
 * @param {Bench} bench
 * @returns {Promise<import('../report/section.js').Section>}
 */
export async function firstRun(bench) {
  const { workspace, options, nodes } = bench;
  const busybox = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim();
  if (busybox === '') throw new Error('busybox is not installed: apt install busybox-static');
  mkdirSync(workspace.at('big'));
  const layers = writeLayers('busybox', readFileSync(busybox), (index) => workspace.at('big', `layer-${index}.tar`));
  /** @type {Contender[]} */
  const contenders = [];
  const notes = [
    'the store is empty, the archive in the page cache, what was written before on the disk; tar takes one layer after the other',
  ];
  for (const compression of /** @type {const} */ (['none', 'gzip'])) {
    const archive = await writeOciArchive(layers, compression, workspace.at('big', `${compression}.tar`));
    const name = compression === 'none' ? 'plain' : 'gzip';
    contenders.push(tarContender(bench, archive, name), ...ourContenders(bench, archive, name));
    const podman = await podmanContender(bench, archive, name);
    if ('reason' in podman) notes.push(podman.reason);
    else contenders.push(podman);
  }
  const rows = await interleave(contenders, options.rounds ?? 3, 'first run');
  const row = (/** @type {string} */ name) => rows.find((candidate) => candidate.name === name);
  const budgets = ['plain', 'gzip'].flatMap((name) => [
    ...nodes.flatMap((node) => {
      const load = row(`tsrun load, ${node.name}, ${name}`);
      return load === undefined ? [] : ratioBudget(load.name, load, row(`tar -x, ${name}`), 1.1);
    }),
    ...nodes.flatMap((node) => {
      const run = row(`tsrun run, ${node.name}, ${name}`);
      return run === undefined ? [] : ratioBudget(run.name, run, row(`podman load + run, ${name}`), 0.33);
    }),
  ]);
  return {
    title: 'First run of an image: 300 MB in 12,000 files, four layers',
    base: 'tar -x, plain',
    unit: 's',
    rows,
    budgets,
    notes: [...new Set(notes)],
  };
}

/** What the one before has written goes to the disk now, not while the next one is measured. */
async function settle(/** @type {Bench} */ { workspace }, /** @type {string[]} */ ...paths) {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
  await workspace.execute(['sync', '-f', workspace.path]);
}

/**
 * @param {Bench} bench
 * @param {Archive} archive
 * @param {string} name
 * @returns {Contender}
 */
function tarContender(bench, { layers }, name) {
  const { workspace, timer } = bench;
  const target = workspace.at('untarred');
  const script = 'for layer; do to=$0/$(basename "$layer"); mkdir "$to" && tar -xf "$layer" -C "$to" || exit 1; done';
  return {
    name: `tar -x, ${name}`,
    before: async () => {
      await settle(bench, target);
      mkdirSync(target);
    },
    run: () => timer.time(['sh', '-c', script, target, ...layers]),
  };
}

/**
 * @param {Bench} bench
 * @param {Archive} archive
 * @param {string} name
 * @returns {Contender[]}
 */
function ourContenders(bench, { archive }, name) {
  const { workspace, root, timer, nodes } = bench;
  const store = workspace.at('first-store');
  mkdirSync(store, { recursive: true });
  const env = { ...bench.env, TSRUN_STORE: store };
  // The cache stays, of compiled code and filters: it is of the installation, not of the image.
  const empty = () =>
    settle(
      bench,
      ...readdirSync(store)
        .filter(isOfImages)
        .map((part) => join(store, part)),
    );
  return nodes.flatMap((node) => {
    const tsrun = [node.path, join(root, 'bin/tsrun')];
    return [
      {
        name: `tsrun load, ${node.name}, ${name}`,
        before: empty,
        run: () => timer.time([...tsrun, 'load', '--quiet', '-i', archive], { env }),
      },
      {
        name: `tsrun run, ${node.name}, ${name}`,
        before: empty,
        run: () => timer.time([...tsrun, 'run', '--rm', archive, 'true'], { env }),
      },
    ];
  });
}

const isOfImages = (/** @type {string} */ part) => part !== 'cache';

/**
 * @param {Bench} bench
 * @param {Archive} archive
 * @param {string} name
 * @returns {Promise<Contender | { reason: string }>}
 */
async function podmanContender(bench, { archive }, name) {
  const { workspace, timer } = bench;
  if (!isInstalled('podman')) return { reason: 'podman: not installed' };
  const podman = new Podman(workspace, 'podman-first');
  const load = podman.argv('load', '--quiet', '--input', archive).join(' ');
  const run = podman.argv('run', '--rm', '--network=none').join(' ');
  const script = `name=$(${load} | sed 's/.*: //') && ${run} "$name" true`;
  return {
    name: `podman load + run, ${name}`,
    before: async () => {
      podman.reset();
      await settle(bench);
    },
    run: () => timer.time(['sh', '-c', script], { env: podman.env }),
  };
}

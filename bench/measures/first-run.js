// The first run of an image that is not in the store yet: 300 MB in 12,000 files, beside podman and GNU tar.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
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
    'the archive is in the page cache, the store new and empty, what was written before on the disk; nobody waits for the disk at the end; tar takes one layer after the other',
    'every round writes to a place of its own and nothing is deleted before the end: on ext4 without a journal making files is ten times slower for minutes after others were deleted (it leaves recently freed inodes alone)',
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
const settle = (/** @type {Bench} */ { workspace }) => workspace.execute(['sync', '-f', workspace.path]);

/**
 * A new directory at every call.
 *
 * @param {Bench} bench
 * @param {string} name
 */
function places({ workspace }, name) {
  let made = 0;
  return () => {
    const path = workspace.at(`${name}-${made++}`);
    mkdirSync(path);
    return path;
  };
}

/**
 * @param {Bench} bench
 * @param {Archive} archive
 * @param {string} name
 * @returns {Contender}
 */
function tarContender(bench, { layers }, name) {
  const { timer } = bench;
  const next = places(bench, `untarred-${name}`);
  let target = '';
  const script = 'for layer; do to=$0/$(basename "$layer"); mkdir "$to" && tar -xf "$layer" -C "$to" || exit 1; done';
  return {
    name: `tar -x, ${name}`,
    before: async () => {
      target = next();
      await settle(bench);
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
  const { root, timer, nodes } = bench;
  return nodes.flatMap((node) => {
    const tsrun = [node.path, join(root, 'bin/tsrun')];
    const contender = (/** @type {string} */ verb, /** @type {string[]} */ argv) => {
      const next = places(bench, `store-${verb}-${node.name.replaceAll(/\W/g, '')}-${name}`);
      let store = '';
      return {
        name: `tsrun ${verb}, ${node.name}, ${name}`,
        before: async () => {
          const before = store;
          store = next();
          // The cache stays, of compiled code and filters: it is of the installation, not of the image.
          if (existsSync(join(before, 'cache')))
            cpSync(join(before, 'cache'), join(store, 'cache'), { recursive: true });
          await settle(bench);
        },
        run: () => timer.time([...tsrun, ...argv], { env: { ...bench.env, TSRUN_STORE: store } }),
      };
    };
    return [contender('load', ['load', '--quiet', '-i', archive]), contender('run', ['run', '--rm', archive, 'true'])];
  });
}

/**
 * @param {Bench} bench
 * @param {Archive} archive
 * @param {string} name
 * @returns {Promise<Contender | { reason: string }>}
 */
async function podmanContender(bench, { archive }, name) {
  const { workspace, timer } = bench;
  if (!isInstalled('podman')) return { reason: 'podman: not installed' };
  let made = 0;
  let podman = new Podman(workspace, `podman-first-${name}-${made}`);
  return {
    name: `podman load + run, ${name}`,
    before: async () => {
      if (made++ > 0) podman = new Podman(workspace, `podman-first-${name}-${made}`);
      await settle(bench);
    },
    run: () => {
      const load = podman.argv('load', '--quiet', '--input', archive).join(' ');
      const run = podman.argv('run', '--rm', '--network=none').join(' ');
      const script = `name=$(${load} | sed 's/.*: //') && ${run} "$name" true`;
      return timer.time(['sh', '-c', script], { env: podman.env });
    },
  };
}

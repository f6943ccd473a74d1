// The first run of an image that is not in the store yet: 300 MB in 12,000 files, beside podman and GNU tar.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeLayers } from '../images/distribution.js';
import { writeOciArchive } from '../images/oci-archive.js';
import { isInstalled, Podman } from '../peers/podman.js';
import { ratioBudget } from '../report/section.js';
import { interleave } from '../report/statistics.js';
import { places, settle } from '../setup/places.js';

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
    if (isInstalled('podman')) contenders.push(...podmanContenders(bench, archive, name));
    else notes.push('podman: not installed');
    if (isInstalled('skopeo') && isInstalled('umoci')) contenders.push(umociContender(bench, archive, name));
    else notes.push('skopeo and umoci: not installed');
  }
  const rows = await interleave(contenders, options.rounds ?? 3, 'first run');
  const row = (/** @type {string} */ name) => rows.find((candidate) => candidate.name === name);
  const budgets = ['plain', 'gzip'].flatMap((name) => [
    ...nodes.flatMap((node) => {
      const load = row(`tsrun load, ${node.name}, ${name}`);
      if (load === undefined) return [];
      return [
        ...ratioBudget(load.name, load, row(`tar -x, ${name}`), 1.1),
        ...ratioBudget(load.name, load, row(`podman load, ${name}`), 0.4),
        ...ratioBudget(load.name, load, row(`skopeo copy + umoci unpack, ${name}`), 0.5),
      ];
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
 * @returns {Contender[]}
 */
function podmanContenders(bench, { archive }, name) {
  const { workspace, timer } = bench;
  return /** @type {const} */ (['load', 'load + run']).map((what) => {
    let made = 0;
    const fresh = () => new Podman(workspace, `podman-${what.replaceAll(/\W/g, '')}-${name}-${made++}`);
    let podman = fresh();
    return {
      name: `podman ${what}, ${name}`,
      before: async () => {
        podman = fresh();
        await settle(bench);
      },
      run: () => {
        const load = podman.argv('load', '--quiet', '--input', archive).join(' ');
        const run = podman.argv('run', '--rm', '--network=none').join(' ');
        const script = what === 'load' ? load : `name=$(${load} | sed 's/.*: //') && ${run} "$name" true`;
        return timer.time(['sh', '-c', script], { env: podman.env });
      },
    };
  });
}

/**
 * An archive to a directory with the files, by the tools of the specification's authors.
 *
 * @param {Bench} bench
 * @param {Archive} archive
 * @param {string} name
 * @returns {Contender}
 */
function umociContender(bench, { archive }, name) {
  const next = places(bench, `umoci-${name}`);
  let target = '';
  const rootless = bench.isRoot ? '' : '--rootless';
  const script = `skopeo copy -q --insecure-policy oci-archive:$1 oci:$0/layout:bench && umoci unpack ${rootless} --image $0/layout:bench $0/bundle`;
  return {
    name: `skopeo copy + umoci unpack, ${name}`,
    before: async () => {
      target = next();
      await settle(bench);
    },
    run: () => bench.timer.time(['sh', '-c', script, target, archive]),
  };
}

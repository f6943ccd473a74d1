// The same made-up distribution from a registry on the loopback, beside podman and containerd.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeLayers } from '../images/distribution.js';
import { writeOciArchive } from '../images/oci-archive.js';
import { Containerd } from '../peers/containerd.js';
import { isInstalled, Podman } from '../peers/podman.js';
import { startRegistry } from '../peers/registry.js';
import { ratioBudget } from '../report/section.js';
import { interleave } from '../report/statistics.js';
import { places, settle } from '../setup/places.js';

/** @typedef {import('../setup/prepare.js').Bench} Bench */
/** @typedef {import('../report/statistics.js').Contender} Contender */

/**
 * @param {Bench} bench
 * @returns {Promise<import('../report/section.js').Section>}
 */
export async function pull(bench) {
  const { options, nodes, isRoot } = bench;
  /** @type {import('../report/section.js').Section} */
  const section = {
    title: 'Pull of an image from a registry on the loopback: 300 MB in 12,000 files, four layers, gzip',
    base: 'podman pull',
    unit: 's',
    rows: [],
    budgets: [],
    notes: ['the store new and empty, what was written before on the disk; ends when the image can be run'],
  };
  for (const program of ['docker-registry', 'skopeo', 'busybox']) {
    if (isInstalled(program)) continue;
    section.notes = [`${program}: not installed`];
    return section;
  }
  const name = await filledRegistry(bench);
  const contenders = ourContenders(bench, name);
  if (isInstalled('podman')) contenders.push(podmanContender(bench, name));
  else section.notes.push('podman: not installed');
  if (!isRoot) section.notes.push('containerd: needs root');
  else if (isInstalled('containerd') && isInstalled('ctr')) contenders.push(containerdContender(bench, name));
  else section.notes.push('containerd: not installed');
  section.rows = await interleave(contenders, options.rounds ?? 3, 'pull');
  const row = (/** @type {string} */ wanted) => section.rows.find((candidate) => candidate.name === wanted);
  section.budgets = nodes.flatMap((node) => {
    const ours = row(`tsrun pull, ${node.name}`);
    if (ours === undefined) return [];
    return ['podman pull', 'ctr images pull'].flatMap((peer) => ratioBudget(ours.name, ours, row(peer), 0.5));
  });
  return section;
}

/** @param {Bench} bench */
async function filledRegistry({ workspace }) {
  const busybox = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim();
  mkdirSync(workspace.at('pulled'));
  const layers = writeLayers('busybox', readFileSync(busybox), (index) => workspace.at('pulled', `layer-${index}.tar`));
  const { archive } = await writeOciArchive(layers, 'gzip', workspace.at('pulled', 'gzip.tar'));
  const name = `${await startRegistry(workspace)}/bench/image:1`;
  const copy = ['skopeo', 'copy', '-q', '--insecure-policy', '--dest-tls-verify=false'];
  const { status, stderr } = await workspace.execute([...copy, `oci-archive:${archive}`, `docker://${name}`]);
  if (status !== 0) throw new Error(`skopeo copy failed: ${stderr.trim()}`);
  return name;
}

/**
 * @param {Bench} bench
 * @param {string} image
 * @returns {Contender[]}
 */
function ourContenders(bench, image) {
  return bench.nodes.map((node) => {
    const next = places(bench, `store-pull-${node.name.replaceAll(/\W/g, '')}`);
    let store = '';
    return {
      name: `tsrun pull, ${node.name}`,
      before: async () => {
        const before = store;
        store = next();
        // The cache stays, of compiled code: it is of the installation, not of the image.
        if (existsSync(join(before, 'cache'))) cpSync(join(before, 'cache'), join(store, 'cache'), { recursive: true });
        await settle(bench);
      },
      run: () =>
        bench.timer.time([node.path, join(bench.root, 'bin/tsrun'), 'pull', '--quiet', image], {
          env: { ...bench.env, TSRUN_STORE: store },
        }),
    };
  });
}

/**
 * @param {Bench} bench
 * @param {string} image
 * @returns {Contender}
 */
function podmanContender(bench, image) {
  let made = 0;
  const fresh = () => new Podman(bench.workspace, `podman-pull-${made++}`);
  let podman = fresh();
  return {
    name: 'podman pull',
    before: async () => {
      podman = fresh();
      await settle(bench);
    },
    run: () => bench.timer.time(podman.argv('pull', '--quiet', '--tls-verify=false', image), { env: podman.env }),
  };
}

/**
 * Its daemon runs already, as it does for those who use it.
 *
 * @param {Bench} bench
 * @param {string} image
 * @returns {Contender}
 */
function containerdContender(bench, image) {
  let made = 0;
  /** @type {Containerd | null} */
  let containerd = null;
  return {
    name: 'ctr images pull',
    before: async () => {
      containerd?.stop();
      containerd = new Containerd(bench.workspace, `containerd-${made++}`);
      await containerd.ready();
      await settle(bench);
    },
    run: () => bench.timer.time(containerd?.argv('images', 'pull', '--plain-http', image) ?? []),
  };
}

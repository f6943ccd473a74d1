// The image of the warm measures, in the store, and what its plan says: the layers and filters that the floor needs too.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * @typedef {object} WarmImage
 * @property {string[]} layers directories, the lowest first
 * @property {string | null} cgroups where our control groups are made; null: nowhere
 * @property {string} seccomp file with the filter, "-": none
 * @property {string} devices file with the device program, "-": none
 */

/**
 * @param {import('./prepare.js').Bench} bench
 * @returns {Promise<WarmImage>}
 */
export async function storeWarmImage({ workspace, root, image, env }) {
  const tsrun = [process.execPath, join(root, 'bin/tsrun')];
  const first = await workspace.execute([...tsrun, 'run', '--rm', image, 'true'], env);
  if (first.status !== 0) throw new Error(`tsrun run ${image} true failed:\n${first.stderr}`);
  const dry = await workspace.execute([...tsrun, 'run', '--rm', '--dry-run=json', image, 'true'], env);
  /** @type {{ steps: any[] }} */
  const plan = JSON.parse(dry.stdout);
  const step = (/** @type {string} */ kind) => plan.steps.find((candidate) => candidate.kind === kind);
  const paths = plan.steps.filter(({ kind }) => kind === 'open-path');
  const layers = step('overlay').lower.map(
    (/** @type {number} */ slot) => paths.find((open) => open.slot === slot).path,
  );
  const file = (/** @type {string} */ name, /** @type {any} */ found) => {
    if (found === undefined) return '-';
    writeFileSync(workspace.at(name), Buffer.from(found.program.base64, 'base64'));
    return workspace.at(name);
  };
  const cgroup = step('cgroup-create')?.path;
  return {
    layers,
    cgroups: cgroup === undefined ? null : dirname(cgroup),
    seccomp: file('seccomp.bpf', step('seccomp')),
    devices: file('devices.bpf', step('cgroup-devices')),
  };
}

/**
 * The image as one plain directory, for runtimes that start from one.
 *
 * @param {import('./workspace.js').Workspace} workspace
 * @param {readonly string[]} layers
 */
export async function plainRootfs(workspace, layers) {
  const rootfs = workspace.at('rootfs');
  mkdirSync(rootfs, { recursive: true });
  for (const layer of layers) await workspace.execute(['cp', '-a', `${layer}/.`, rootfs]);
  return rootfs;
}

// What all measures share: our command, its image, the two Nodes, the timer, a store of our own.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.js';
import { findNodes } from './nodes.js';
import { Timer } from './timer.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * @typedef {object} Bench
 * @property {import('./workspace.js').Workspace} workspace
 * @property {import('../options.js').Options} options
 * @property {string} root of the repository
 * @property {string} image of the warm measures
 * @property {readonly import('./nodes.js').Node[]} nodes the machine's first
 * @property {Timer} timer
 * @property {NodeJS.ProcessEnv} env of our command: a store and a state directory of the bench's own
 * @property {boolean} isRoot
 */

/**
 * @param {import('./workspace.js').Workspace} workspace
 * @param {import('../options.js').Options} options
 * @returns {Promise<Bench>}
 */
export async function prepare(workspace, options) {
  for (const [path, way] of [
    ['dist/cli', 'npm run build:ts'],
    ['dist/lib/index.js', 'npm run build:ts'],
    ['build/Release/tsrun-init', 'npm run build:native'],
  ]) {
    if (!existsSync(join(root, path ?? ''))) throw new Error(`${path} is not built: ${way}`);
  }
  let { image } = options;
  if (image === '') {
    image = join(root, 'rootfs-fixtures/out/busybox.tar');
    const made = await workspace.execute(['sh', join(root, 'rootfs-fixtures/make.sh'), 'hello']);
    if (made.status !== 0) throw new Error(`cannot make the busybox image:\n${made.stderr}`);
  }
  return {
    workspace,
    options,
    root,
    image,
    nodes: await findNodes(workspace),
    timer: new Timer(workspace, await compile(workspace, join(root, 'bench/native/time.c'))),
    env: {
      ...process.env,
      TSRUN_STORE: workspace.at('store'),
      TSRUN_ROOT: workspace.at('state'),
      TSRUN_NETWORK: 'none',
    },
    isRoot: process.geteuid?.() === 0,
  };
}

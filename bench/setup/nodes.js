// The Nodes that are measured: the machine's, and Node 24, whose start is faster.
import { join } from 'node:path';

/**
 * @typedef {object} Node
 * @property {string} path
 * @property {string} name for the tables, for example "Node 20"
 * @property {string} version
 */

/**
 * Node 24 comes as an npm package, unpacked into the workspace; npm keeps its own copy of what it has downloaded.
 *
 * @param {import('./workspace.js').Workspace} workspace
 * @returns {Promise<readonly Node[]>}
 */
export async function findNodes(workspace) {
  const own = { path: process.execPath, name: `Node ${major(process.versions.node)}`, version: process.versions.node };
  if (own.name === 'Node 24') return [own];
  const name = `node-linux-${process.arch}`;
  const prefix = workspace.at('node-24');
  const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error'];
  const installed = await workspace.execute(['npm', 'install', '--prefix', prefix, ...flags, `${name}@24`]);
  const path = join(prefix, 'node_modules', name, 'bin', 'node');
  const asked = installed.status === 0 ? await workspace.execute([path, '-p', 'process.versions.node']) : installed;
  if (asked.status !== 0) {
    console.error(
      `bench: measuring ${own.name} alone, Node 24 is not to be had: ${asked.stderr.trim().split('\n')[0]}`,
    );
    return [own];
  }
  return [own, { path, name: 'Node 24', version: asked.stdout.trim() }];
}

/** @param {string} version */
const major = (version) => version.split('.')[0];

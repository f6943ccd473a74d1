// runc and crun: `run` of a bundle with the configuration that `runc spec` writes, which has no overlay, no device rules of its
// own and no seccomp filter; once more with the filter and the namespaces that our containers have.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { isInstalled } from './podman.js';

/**
 * @typedef {object} OciRuntime
 * @property {string} name
 * @property {() => readonly string[]} argv of one more container
 * @property {readonly string[]} within
 */

/**
 * crun 1.8 refuses a machine with both versions of control groups; it runs where it cannot see the second. Hidden in a mount
 * namespace of its own: the machine's hierarchy stays as it is.
 */
const hideCgroup2 = [
  'unshare',
  '--mount',
  '--propagation',
  'private',
  'sh',
  '-c',
  'mount -t tmpfs tmpfs /sys/fs/cgroup/unified && exec "$@"',
  'sh',
];

let containers = 0;

/**
 * @param {import('../setup/prepare.js').Bench} bench
 * @param {'runc' | 'crun'} name
 * @param {'as it comes' | 'with our filter'} configuration
 * @returns {Promise<OciRuntime | { reason: string }>}
 */
export async function findOciRuntime({ workspace, isRoot, timer, root }, name, configuration = 'as it comes') {
  if (!isRoot) return { reason: `${name}: measured as root only` };
  if (!isInstalled(name)) return { reason: `${name}: not installed` };
  const bundle = workspace.at(configuration === 'as it comes' ? 'bundle-plain' : 'bundle-filter');
  const seccomp = configuration === 'as it comes' ? null : await ourFilter(root);
  await writeConfig(workspace, bundle, { args: ['/bin/true'], seccomp });
  const state = workspace.at(`${name}-state`);
  const runtime = {
    name: configuration === 'as it comes' ? `${name} run` : `${name} run, ${configuration}`,
    argv: () => [name, '--root', state, 'run', '--bundle', bundle, `tsrun-bench-${process.pid}-${++containers}`],
    within: surroundings(name),
  };
  try {
    await timer.time(runtime.argv(), { within: runtime.within });
  } catch (error) {
    const lines = String(error).trim().split('\n');
    return { reason: `${name}: does not run here: ${lines[1] ?? lines[0]}` };
  }
  return runtime;
}

/** @param {string} name */
export const surroundings = (name) =>
  name === 'crun' && readFileSync('/proc/mounts', 'utf8').includes(' /sys/fs/cgroup/unified cgroup2 ')
    ? hideCgroup2
    : [];

/**
 * @param {import('../setup/workspace.js').Workspace} workspace
 * @param {string} bundle
 * @param {{ args: readonly string[], seccomp: object | null }} what
 */
export async function writeConfig(workspace, bundle, { args, seccomp }) {
  mkdirSync(bundle, { recursive: true });
  const path = `${bundle}/config.json`;
  const written = await workspace.execute([
    'sh',
    '-c',
    'cd "$0" && rm -f config.json && (runc spec || crun spec)',
    bundle,
  ]);
  if (written.status !== 0) throw new Error(`cannot write an OCI configuration:\n${written.stderr}`);
  const config = JSON.parse(readFileSync(path, 'utf8'));
  config.root.path = workspace.at('rootfs');
  config.process.terminal = false;
  config.process.args = args;
  // Raising a hard limit needs CAP_SYS_RESOURCE, which not every root has.
  delete config.process.rlimits;
  if (seccomp !== null) {
    config.linux.seccomp = seccomp;
    if (!config.linux.namespaces.some((/** @type {{ type: string }} */ { type }) => type === 'cgroup')) {
      config.linux.namespaces.push({ type: 'cgroup' });
    }
  }
  writeFileSync(path, JSON.stringify(config));
}

/** The filter of our own containers, as the OCI configuration has it. */
export async function ourFilter(/** @type {string} */ root) {
  const { defaultProfile } = await import(join(root, 'dist/lib/oci/seccomp/default-profile.js'));
  const { resolveProfile } = await import(join(root, 'dist/lib/oci/seccomp/resolve.js'));
  const { defaultCapabilities } = await import(join(root, 'dist/lib/oci/defaults.js'));
  const capabilities = new Set(defaultCapabilities);
  return resolveProfile(defaultProfile, { capabilities, machine: process.arch, kernel: release() });
}

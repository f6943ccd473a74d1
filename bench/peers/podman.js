// podman, with a storage of its own in the workspace.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';

/** Without starting it: even `podman --version` makes directories of an ordinary user's. */
export const isInstalled = (/** @type {string} */ name) => spawnSync('which', [name]).status === 0;

const isRoot = process.geteuid?.() === 0;

/**
 * @typedef {object} Ours
 * @property {string} name
 * @property {string} path
 * @property {Readonly<Record<string, string>>} env podman starts runtimes with an environment of its own
 */

/** @param {Ours} ours */
const linesFor = ({ name, path, env }) => [
  `conmon_env_vars = ${JSON.stringify(Object.entries(env).map(([key, value]) => `${key}=${value}`))}`,
  `runtime_supports_json = ["${name}"]`,
  '[engine.runtimes]',
  `${name} = ["${path}"]`,
];

export class Podman {
  /** @type {import('../setup/workspace.js').Workspace} */
  #workspace;
  /** @type {string} */
  #home;
  /** Groups that another podman of this machine has made. */
  #notOurs = new Set(cgroupParents());
  /** The OCI runtime it uses. */
  runtime;

  /**
   * @param {import('../setup/workspace.js').Workspace} workspace
   * @param {string} name of its directory
   * @param {Ours | null} ours the OCI runtime; null: one that is installed
   */
  constructor(workspace, name, ours = null) {
    this.#workspace = workspace;
    this.#home = workspace.at(name);
    // crun 1.8 refuses a machine with both versions of control groups.
    this.runtime = ours?.name ?? (isInstalled('runc') ? 'runc' : 'crun');
    mkdirSync(`${this.#home}/xdg`, { recursive: true, mode: 0o700 });
    // No limits: podman's own defaults need CAP_SYS_RESOURCE. cgroupfs and file: not every machine has systemd.
    const lines = [
      '[containers]',
      'default_ulimits = []',
      '[engine]',
      'cgroup_manager = "cgroupfs"',
      'events_logger = "none"',
      'lock_type = "file"',
      `runtime = "${this.runtime}"`,
      ...(ours === null ? [] : linesFor(ours)),
    ];
    writeFileSync(`${this.#home}/containers.conf`, lines.map((line) => `${line}\n`).join(''));
    workspace.atEnd(() => this.reset());
  }

  get env() {
    const ours = { CONTAINERS_CONF: `${this.#home}/containers.conf`, TMPDIR: this.#home };
    // Where an ordinary user has no such directory, podman makes one in /tmp.
    return isRoot ? { ...process.env, ...ours } : { ...process.env, ...ours, XDG_RUNTIME_DIR: `${this.#home}/xdg` };
  }

  /** @param {readonly string[]} words */
  argv(...words) {
    const storage = ['--root', `${this.#home}/root`, '--runroot', `${this.#home}/run`, '--tmpdir', `${this.#home}/tmp`];
    return ['podman', ...storage, '--storage-driver', 'overlay', '--log-level', 'error', ...words];
  }

  /**
   * @param {readonly string[]} words
   * @throws Error with podman's words
   */
  async run(...words) {
    const { status, stdout, stderr } = await this.#workspace.execute(this.argv(...words), this.env);
    if (status !== 0) throw new Error(`podman ${words[0]} failed: ${stderr.trim().split('\n').pop()}`);
    return stdout.trim();
  }

  /** Containers, images, mounts and control groups are gone; synchronous, for the end. */
  reset() {
    const quiet = /** @type {const} */ ({ env: this.env, stdio: 'ignore' });
    for (const words of [
      ['rm', '--all', '--force', '--time', '0'],
      ['rmi', '--all', '--force'],
      // Ends the process that keeps an ordinary user's namespaces.
      ...(isRoot ? [] : [['system', 'migrate']]),
    ]) {
      const [file = '', ...args] = this.argv(...words);
      spawnSync(file, args, quiet);
    }
    spawnSync('umount', [`${this.#home}/root/overlay`], quiet);
    for (const group of cgroupParents().filter((path) => !this.#notOurs.has(path))) removeEmpty(group);
    for (const part of ['root', 'run', 'tmp']) rmSync(`${this.#home}/${part}`, { recursive: true, force: true });
  }
}

/** What podman makes above its containers' groups in each hierarchy, and leaves. */
function cgroupParents() {
  const root = '/sys/fs/cgroup';
  return [root, ...readdirSync(root).map((name) => `${root}/${name}`)]
    .map((hierarchy) => `${hierarchy}/libpod_parent`)
    .filter((path) => existsSync(path));
}

/** @param {string} group one that is in use stays: rmdir refuses it */
function removeEmpty(group) {
  for (const path of [`${group}/conmon`, group]) {
    try {
      rmdirSync(path);
    } catch {
      // Not there, or in use.
    }
  }
}

/**
 * @param {import('../setup/workspace.js').Workspace} workspace
 * @param {string} image file that podman can load
 * @param {{ home: string, ours: Ours | null }} how
 * @returns {Promise<{ podman: Podman, image: string } | { reason: string }>} with the image loaded
 */
export async function findPodman(workspace, image, { home, ours } = { home: 'podman', ours: null }) {
  if (!isInstalled('podman')) return { reason: 'podman: not installed' };
  const podman = new Podman(workspace, home, ours);
  try {
    const loaded = await podman.run('load', '--quiet', '--input', image);
    const name =
      loaded
        .split('\n')
        .pop()
        ?.replace(/^Loaded image(\(s\))?: /, '') ?? '';
    await podman.run('run', '--rm', '--network=none', name, 'true');
    return { podman, image: name };
  } catch (error) {
    return { reason: `podman: does not run here: ${error instanceof Error ? error.message : error}` };
  }
}

/** docker is measured where a daemon answers. */
export function findDocker() {
  const answer = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { encoding: 'utf8' });
  if (answer.error !== undefined) return { reason: 'docker: not installed' };
  if (answer.status !== 0) return { reason: 'docker: no daemon answers' };
  return { version: answer.stdout.trim() };
}

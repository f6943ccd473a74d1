// One directory for everything a run makes, and the way to leave nothing of it: at the end, after an error, after Ctrl-C.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @typedef {object} Outcome
 * @property {number | null} status null: ended by a signal
 * @property {string} stdout
 * @property {string} stderr
 */

export class Workspace {
  path = mkdtempSync(join(tmpdir(), 'tsrun-bench-'));
  /** @type {(() => void)[]} */
  #cleanups = [];
  /** @type {Set<import('node:child_process').ChildProcess>} */
  #children = new Set();

  constructor() {
    // A person presses Ctrl-C once; the second time they mean it, and the default is back.
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.once(signal, () => {
        for (const child of this.#children) child.kill('SIGKILL');
        this.remove();
        process.exit(130);
      });
    }
  }

  /** @param {string[]} names */
  at(...names) {
    return join(this.path, ...names);
  }

  /** @param {() => void} cleanup runs at the end, the last one first; synchronous, because a signal may be the reason */
  atEnd(cleanup) {
    this.#cleanups.push(cleanup);
  }

  /**
   * Runs a command to its end. Never throws for a status: the caller knows what it means.
   *
   * @param {readonly string[]} argv
   * @param {NodeJS.ProcessEnv} [env]
   * @returns {Promise<Outcome>}
   */
  async execute(argv, env = process.env) {
    const child = this.start(argv, env);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, stdout, stderr }));
    });
  }

  /**
   * Starts a command with pipes; it is killed when the bench is interrupted.
   *
   * @param {readonly string[]} argv
   * @param {NodeJS.ProcessEnv} [env]
   */
  start(argv, env = process.env) {
    const [file = '', ...args] = argv;
    const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#children.add(child);
    child.on('close', () => this.#children.delete(child));
    return child;
  }

  remove() {
    for (let cleanup = this.#cleanups.pop(); cleanup !== undefined; cleanup = this.#cleanups.pop()) {
      try {
        cleanup();
      } catch (error) {
        console.error(`bench: while cleaning up: ${error}`);
      }
    }
    this.#unmount();
    try {
      rmSync(this.path, { recursive: true, force: true });
    } catch {
      // An ordinary user's layers belong to subordinate ids, which only a user namespace may remove.
      spawnSync('unshare', ['--map-auto', '--map-root-user', 'rm', '-rf', this.path], { stdio: 'inherit' });
    }
  }

  /** What podman left mounted below our own directory, the innermost first. */
  #unmount() {
    const ours = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
      .filter((path) => path.startsWith(`${this.path}/`));
    for (const path of ours.reverse()) spawnSync('umount', [path]);
  }
}

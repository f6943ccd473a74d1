// containerd with a root of its own in the workspace, and its client ctr.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

export class Containerd {
  #socket;
  #server;

  /**
   * @param {import('../setup/workspace.js').Workspace} workspace
   * @param {string} name of its directory
   */
  constructor(workspace, name) {
    const at = (/** @type {string} */ part) => workspace.at(name, part);
    mkdirSync(workspace.at(name));
    this.#socket = at('socket');
    const unused = [
      'grpc.v1.cri',
      'snapshotter.v1.aufs',
      'snapshotter.v1.btrfs',
      'snapshotter.v1.zfs',
      'snapshotter.v1.devmapper',
    ];
    const lines = [
      'version = 2',
      `root = "${at('root')}"`,
      `state = "${at('state')}"`,
      `disabled_plugins = [${unused.map((plugin) => `"io.containerd.${plugin}"`).join(', ')}]`,
      '[grpc]',
      `address = "${this.#socket}"`,
    ];
    writeFileSync(at('config.toml'), lines.map((line) => `${line}\n`).join(''));
    this.#server = workspace.start(['containerd', '--config', at('config.toml'), '--log-level', 'error']);
    this.#server.stdout?.resume();
    this.#server.stderr?.resume();
    workspace.atEnd(() => this.stop());
  }

  async ready() {
    while (!existsSync(this.#socket) && this.#server.exitCode === null) await setTimeout(20);
    if (this.#server.exitCode !== null) throw new Error('containerd ended');
  }

  /** @param {readonly string[]} words */
  argv(...words) {
    return ['ctr', '--address', this.#socket, ...words];
  }

  stop() {
    this.#server.kill('SIGKILL');
  }
}

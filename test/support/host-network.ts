/** A network namespace that stands for a host of its own: what tsrun does to the network inside of it, it does to nobody else. */
import { spawn } from 'node:child_process';
import { tsrunPath } from './fixture.ts';
import { busybox, KeptHome } from './kept.ts';
import { type Outcome, Running } from './tsrun.ts';

export class HostNetwork implements AsyncDisposable {
  readonly kept: KeptHome = new KeptHome();
  readonly #holder: Running;
  #pid = 0;

  private constructor() {
    const isRoot = process.getuid?.() === 0;
    const script = 'ip link set lo up; echo ready $$; exec cat';
    // An ordinary user may not make one without a user namespace, where tsrun would be another user; and needs none.
    this.#holder = new Running(
      isRoot ? spawn('unshare', ['--net', '--', 'sh', '-c', script]) : spawn('sh', ['-c', 'echo ready $$; exec cat']),
    );
  }

  /** Its loopback is up, and there is nothing else. */
  static async make(): Promise<HostNetwork> {
    const host = new HostNetwork();
    await host.#holder.until(/ready \d+\n/);
    host.#pid = Number(/ready (\d+)\n/.exec(host.#holder.output)?.[1]);
    return host;
  }

  /** A program of the host, there; tsrun has the defaults that people have. */
  start(...argv: readonly string[]): Running {
    const { env } = this.kept.home;
    const there = process.getuid?.() === 0 ? ['nsenter', `--net=/proc/${this.#pid}/ns/net`, '--'] : [];
    const [command = '', ...args] = [...there, ...argv];
    return new Running(spawn(command, args, { env: { ...process.env, ...env, TSRUN_NETWORK: undefined } }));
  }

  async run(...argv: readonly string[]): Promise<Outcome> {
    const running = this.start(...argv);
    running.end();
    return await running.outcome;
  }

  /** Its output, without the last newline, when it worked. */
  async text(...argv: readonly string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await this.run(...argv);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')} gave ${exitCode}:\n${stderr}`);
    return stdout.replace(/\n$/, '');
  }

  tsrun(...args: readonly string[]): Promise<Outcome> {
    return this.run(tsrunPath, ...args);
  }

  /** Of a tsrun that worked. */
  async out(...args: readonly string[]): Promise<string> {
    return await this.text(tsrunPath, ...args);
  }

  /** Starts `sh -c script` in the background. Resolves with its id. */
  detached(name: string, script: string, ...flags: readonly string[]): Promise<string> {
    return this.out('run', '-dq', '--name', name, ...flags, busybox, 'sh', '-c', script);
  }

  /** For `nsenter`, and to give an interface away. */
  get pid(): number {
    return this.#pid;
  }

  /** A cable to another one: 192.0.2.1/24 here, 192.0.2.2/24 there. */
  async wireTo(there: HostNetwork): Promise<void> {
    await this.text('ip', 'link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'up1', 'netns', String(there.pid));
    await this.text('ip', 'address', 'add', '192.0.2.1/24', 'dev', 'up0');
    await this.text('ip', 'link', 'set', 'up0', 'up');
    await there.text('ip', 'address', 'add', '192.0.2.2/24', 'dev', 'up1');
    await there.text('ip', 'link', 'set', 'up1', 'up');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async dispose(): Promise<void> {
    const ids = (await this.out('ps', '-aq')).split('\n').filter((id) => id !== '');
    if (ids.length > 0) await this.out('rm', '-f', ...ids);
    await this.kept.dispose();
    this.#holder.end();
    await this.#holder.outcome;
  }
}

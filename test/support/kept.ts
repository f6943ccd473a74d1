/** Containers that live on their own, of a test file's own home. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fixture, tsrunPath } from './fixture.ts';
import { makeHome, type TestHome } from './home.ts';
import { type Outcome, Running, startTsrun, tsrun } from './tsrun.ts';

export const busybox = fixture('busybox.tar');

export class KeptHome {
  readonly home: TestHome = makeHome();

  run(...args: readonly string[]): Promise<Outcome> {
    return tsrun(args, { env: this.home.env });
  }

  start(...args: readonly string[]): Running {
    return startTsrun(args, { env: this.home.env });
  }

  /** Standard output of a command that has to work, without its last newline. */
  async text(...args: readonly string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await this.run(...args);
    if (exitCode !== 0) throw new Error(`tsrun ${args.join(' ')} gave ${exitCode}:\n${stderr}`);
    return stdout.replace(/\n$/, '');
  }

  /** Starts `sh -c script` in the background. Resolves with its id. */
  detached(name: string, script: string, ...flags: readonly string[]): Promise<string> {
    return this.text('run', '-dq', '--name', name, ...flags, busybox, 'sh', '-c', script);
  }

  /** A program of the host; `$0` of a `sh -c` is the command. */
  program(...argv: readonly string[]): Running {
    return new Running(
      spawn(argv[0] ?? '', [...argv.slice(1), tsrunPath], { env: { ...process.env, ...this.home.env } }),
    );
  }

  /** Resolves when this many are attached: the monitor has a socket for each, and the one that listens. */
  async untilAttached(name: string, count: number): Promise<void> {
    const fds = `/proc/${this.monitorOf(await this.inspect(name, '{{.Id}}'))}/fd`;
    const sockets = (): number =>
      readdirSync(fds).filter((fd) => {
        try {
          return readlinkSync(join(fds, fd)).startsWith('socket:');
        } catch {
          // Closed this moment.
          return false;
        }
      }).length;
    while (sockets() < count + 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /** What the kernel says of each descriptor of a process. */
  fdInfos(pid: number): readonly string[] {
    const directory = `/proc/${pid}/fdinfo`;
    return readdirSync(directory).map((fd) => {
      try {
        return readFileSync(join(directory, fd), 'utf8');
      } catch {
        // Closed this moment.
        return '';
      }
    });
  }

  /** The pid that the monitor of a running container wrote down of itself. */
  monitorOf(id: string): number {
    const running = readFileSync(join(this.home.store, 'containers', id, 'running'), 'utf8');
    return Number(/^monitor (\d+)$/m.exec(running)?.[1]);
  }

  /** A field of `inspect`. */
  inspect(name: string, template: string): Promise<string> {
    return this.text('inspect', '--format', template, name);
  }

  /** Resolves when the container has printed this. */
  async untilLogged(name: string, text: string): Promise<void> {
    const logs = this.start('logs', '-f', name);
    await logs.until(text);
    logs.signal('SIGKILL');
    await logs.outcome;
  }

  /** What is in the store of containers; none: []. */
  entries(directory: 'containers' | 'container-names'): readonly string[] {
    try {
      return readdirSync(join(this.home.store, directory));
    } catch {
      return [];
    }
  }

  /** Removes every container, and then the home. */
  async dispose(): Promise<void> {
    const ids = (await this.text('ps', '-aq')).split('\n').filter((id) => id !== '');
    if (ids.length > 0) await this.text('rm', '-f', ...ids);
    this.home[Symbol.dispose]();
  }
}

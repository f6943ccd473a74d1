/** One run of the workbench: the native process that writes and deletes trees of files (native/workbench/). */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { nativeArtefact } from '../../host/helper.ts';
import { mappingText } from '../../host/user-namespace.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import { Parts } from './parts.ts';
import { type Reply, ReplyReader } from './replies.ts';

/** So many bytes of operations may wait for the workbench. */
const MAX_WAITING = 4 << 20;

/** What a run ends with when no reply says it: the status words for our own bug report. */
export interface Death {
  readonly type: 'death';
  readonly how: string;
}

/** What the process is started for. */
export interface WorkbenchJob {
  readonly job: readonly ['workbench', 'apply' | 'remove' | 'measure' | 'fill'] | readonly ['files', 'place'];
  readonly mapping: UserNamespace;
  /** What follows on its command line. */
  readonly words: readonly string[];
  /** It gets operations, and the bytes of files in shared memory. */
  readonly writes: boolean;
  /** A pidfd of the container's PID 1 whose namespaces it joins, or null. */
  readonly process: number | null;
  /** Hears of files that are not where they were written. */
  readonly onDisplaced?: (reply: Displaced) => void;
}

/** Thrown instead of waiting on: a reply is there, or the process has died. */
export class WorkbenchSpoke extends Error {}

/** A file that a later entry removed, or that lies elsewhere than its entry says. */
export type Displaced = Extract<Reply, { type: 'replaced' | 'moved' }>;

/** What it has to say; that memory is free again, or a file displaced, is settled here. */
export type Answer = Exclude<Reply, { type: 'part-free' } | Displaced>;

export class Workbench {
  readonly #child: ChildProcess;
  readonly #input: Writable;
  readonly #control: Writable;
  readonly #parts: Parts | null;
  readonly #replies: Answer[] = [];
  readonly #closed: Promise<void>;
  #death: Death | null = null;
  #stderr = '';
  #waiting = 0;
  #wake: (() => void)[] = [];

  constructor({ job, mapping, words, writes, process: target, onDisplaced }: WorkbenchJob) {
    this.#parts = writes ? new Parts() : null;
    const more = [...(this.#parts === null ? [] : [this.#parts.fd]), ...(target === null ? [] : [target])];
    this.#child = spawn(
      nativeArtefact('tsrun-init'),
      [...job, String(process.pid), mappingText(mapping), ...words],
      // Nothing of the caller's environment or directory decides what happens in there.
      { stdio: ['pipe', 'pipe', 'pipe', 'pipe', ...more], env: {}, cwd: '/' },
    );
    const [input, output, errors, control] = this.#child.stdio as unknown as [Writable, Readable, Readable, Writable];
    this.#input = input;
    this.#control = control;
    // A workbench that failed stops reading: its reply says why, EPIPE does not.
    input.on('error', () => {});
    control.on('error', () => {});
    const reader = new ReplyReader();
    output.on('data', (chunk: Buffer) => {
      for (const reply of reader.push(chunk)) {
        if (reply.type === 'part-free') this.#parts?.giveBack(reply.part);
        else if (reply.type === 'replaced' || reply.type === 'moved') onDisplaced?.(reply);
        else this.#replies.push(reply);
      }
      this.#wakeAll();
    });
    errors.on('data', (chunk: Buffer) => {
      if (this.#stderr.length < 4096) this.#stderr += chunk.toString();
    });
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#die(error.message, resolve));
      this.#child.once('close', (code, signal) => {
        this.#die(signal ?? `exit status ${code}`, resolve);
      });
    });
  }

  /** True when a reply came or the process ended before its work was done. */
  get hasSpoken(): boolean {
    return this.#replies.length > 0 || this.#death !== null;
  }

  /** Queues operations; resolves when there is room for more, or when the workbench has something to say. */
  async send(pieces: readonly Buffer[]): Promise<void> {
    this.#input.cork();
    for (const piece of pieces) {
      this.#waiting += piece.length;
      this.#input.write(piece, () => {
        this.#waiting -= piece.length;
        if (this.#waiting <= MAX_WAITING) this.#wakeAll();
      });
    }
    this.#input.uncork();
    while (this.#waiting > MAX_WAITING && !this.hasSpoken) await this.#change();
  }

  /**
   * A piece of shared memory for the bytes of files.
   * @throws WorkbenchSpoke
   */
  async part(): Promise<Buffer> {
    for (;;) {
      const part = this.#parts?.take();
      if (part !== undefined) return part;
      if (this.hasSpoken) throw new WorkbenchSpoke();
      await this.#change();
    }
  }

  /** The next reply, or how the process died without one. */
  async reply(): Promise<Answer | Death> {
    for (;;) {
      const reply = this.#replies.shift();
      if (reply !== undefined) return reply;
      if (this.#death !== null) return this.#death;
      await this.#change();
    }
  }

  /** Answers 'want-lower'. */
  giveLower(paths: readonly string[]): void {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(paths.length);
    this.#control.write(count);
    for (const path of paths) {
      const bytes = Buffer.from(path);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      this.#control.write(Buffer.concat([length, bytes]));
    }
  }

  /** Kills what still runs and resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.finished();
  }

  /** Lets it take back what is half made, within two seconds. */
  async giveUp(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 2000);
    await this.finished();
    clearTimeout(timer);
  }

  /** Resolves when the process is gone. */
  async finished(): Promise<void> {
    this.#input.destroy();
    this.#control.destroy();
    await this.#closed;
    this.#parts?.release();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const resolve of waiting) resolve();
  }

  #die(how: string, resolve: () => void): void {
    this.#death = { type: 'death', how: this.#stderr === '' ? how : `${how}: ${this.#stderr}` };
    this.#wakeAll();
    resolve();
  }
}

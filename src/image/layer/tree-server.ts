/** One run of the workbench that answers questions about a tree, whoever its files belong to (native/workbench/). */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { errnoName } from '../../errors/errno.ts';
import { errnoText } from '../../errors/errno-text.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { nativeArtefact } from '../../host/helper.ts';
import { mappingText } from '../../host/user-namespace.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';

export class TreeServer {
  readonly #child: ChildProcess;
  readonly #requests: Writable;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #closed: Promise<string>;
  #chunk: Buffer = Buffer.alloc(0);
  #stderr = '';

  /**
   * Its first answer tells how the start went.
   *
   * @param job `read`: what files hold; `look`: metadata
   * @param directory the tree, absolute
   * @param mapping the user namespace that is made for it
   */
  constructor(job: 'read' | 'look', directory: string, mapping: UserNamespace) {
    this.#child = spawn(
      nativeArtefact('tsrun-init'),
      ['workbench', job, String(process.pid), mappingText(mapping), directory],
      // Nothing of the caller's environment or directory decides what happens in there.
      { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], env: {}, cwd: '/' },
    );
    const [requests, answers, errors, control] = this.#child.stdio as unknown as [
      Writable,
      Readable,
      Readable,
      Writable,
    ];
    this.#requests = requests;
    // It says what went wrong, or how it died; EPIPE does not.
    requests.on('error', () => {});
    control.on('error', () => {});
    this.#chunks = answers[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    errors.on('data', (chunk: Buffer) => {
      if (this.#stderr.length < 4096) this.#stderr += chunk.toString();
    });
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('close', (code, signal) => resolve(`${signal ?? `exit status ${code}`} ${this.#stderr}`));
    });
  }

  ask(request: Buffer): void {
    this.#requests.write(request);
  }

  async number(): Promise<number> {
    return (await this.exactly(4)).readInt32LE();
  }

  async exactly(length: number): Promise<Buffer> {
    while (this.#chunk.length < length) await this.#more();
    return this.#cut(length);
  }

  /** As many bytes as have come, at least one and at most `length`. */
  async some(length: number): Promise<Buffer> {
    if (this.#chunk.length === 0) await this.#more();
    return this.#cut(Math.min(length, this.#chunk.length));
  }

  /** Ends the process, whether all was taken or not. */
  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#chunks.return?.();
    await this.#closed;
  }

  #cut(length: number): Buffer {
    const bytes = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(length);
    return bytes;
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done === true) throw new Error(`the workbench died: ${await this.#closed}`);
    this.#chunk = this.#chunk.length === 0 ? next.value : Buffer.concat([this.#chunk, next.value]);
  }
}

/** What could not be started. */
export const cannotRead = (directory: string, errno: number): TsrunError =>
  new TsrunError('STORE', `cannot read the layer in "${directory}"`, {
    why: `${errnoText(errno)} (${errnoName(errno)})`,
  });

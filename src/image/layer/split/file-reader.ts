/** One run of the workbench that reads files of a layer, whoever they belong to (native/workbench/read.h). */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { errnoName } from '../../../errors/errno.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { nativeArtefact } from '../../../host/helper.ts';
import type { UserNamespace } from '../../../plan/host-facts.ts';
import { mappingText } from '../workbench.ts';
import type { SplitFile } from './items.ts';

/** How reading one file ended; null: well. */
export type ReadFault = 'other-size' | 'missing' | 'no-file' | { readonly errno: string };

export class FileReader {
  readonly #child: ChildProcess;
  readonly #requests: Writable;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #closed: Promise<string>;
  #chunk: Buffer = Buffer.alloc(0);
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    const [requests, answers, errors, control] = child.stdio as unknown as [Writable, Readable, Readable, Writable];
    this.#requests = requests;
    // It says what went wrong, or how it died; EPIPE does not.
    requests.on('error', () => {});
    control.on('error', () => {});
    this.#chunks = answers[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    errors.on('data', (chunk: Buffer) => {
      if (this.#stderr.length < 4096) this.#stderr += chunk.toString();
    });
    this.#closed = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(`${signal ?? `exit status ${code}`} ${this.#stderr}`));
    });
  }

  /**
   * @param directory of the layer, absolute
   * @param mapping the user namespace whose ids own it
   * @throws TsrunError STORE, HOST_UNSUPPORTED
   */
  static async open(directory: string, mapping: UserNamespace): Promise<FileReader> {
    // Root may read what belongs to a container's ids as it is.
    const text = mappingText(process.geteuid?.() === 0 ? { type: 'host' } : mapping);
    const child = spawn(
      nativeArtefact('tsrun-init'),
      ['workbench', 'read', String(process.pid), text, directory],
      // Nothing of the caller's environment or directory decides what happens in there.
      { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], env: {}, cwd: '/' },
    );
    const reader = new FileReader(child);
    const errno = await reader.#start();
    if (errno === 0) return reader;
    await reader.close();
    throw new TsrunError('STORE', `cannot read the layer in "${directory}"`, { why: errnoName(errno) });
  }

  /** Asks for the data of a file; they are taken in the same order. */
  ask({ path, size, extents }: SplitFile): void {
    const request = Buffer.alloc(16 + path.length + 16 * extents.length);
    let at = request.writeUInt32LE(path.length);
    at += request.write(path, at, 'latin1');
    at = request.writeBigUInt64LE(BigInt(size), at);
    at = request.writeUInt32LE(extents.length, at);
    for (const { offset, length } of extents) {
      at = request.writeBigUInt64LE(BigInt(offset), at);
      at = request.writeBigUInt64LE(BigInt(length), at);
    }
    this.#requests.write(request);
  }

  /** The data of the file that was asked for longest ago. A chunk may be kept. */
  async *take(): AsyncGenerator<Buffer, ReadFault | null> {
    for (;;) {
      const length = (await this.#exactly(4)).readUInt32LE();
      if (length === 0) return faultOf((await this.#exactly(4)).readInt32LE());
      for (let left = length; left > 0; ) {
        if (this.#chunk.length === 0) await this.#more();
        const piece = this.#chunk.subarray(0, left);
        this.#chunk = this.#chunk.subarray(piece.length);
        left -= piece.length;
        yield piece;
      }
    }
  }

  /** Ends the process, whether all was taken or not. */
  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#chunks.return?.();
    await this.#closed;
  }

  async #start(): Promise<number> {
    await this.#exactly(4);
    return (await this.#exactly(4)).readInt32LE();
  }

  async #exactly(length: number): Promise<Buffer> {
    while (this.#chunk.length < length) await this.#more();
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

function faultOf(result: number): ReadFault | null {
  if (result === 0) return null;
  if (result === -1) return 'other-size';
  const errno = errnoName(result);
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return 'missing';
  return errno === 'EISDIR' || errno === 'ELOOP' || errno === 'ENXIO' ? 'no-file' : { errno };
}

/** A native process that writes an archive, or a list, of a container's files. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { errnoName } from '../../errors/errno.ts';
import { nativeArtefact } from '../../host/helper.ts';
import { mappingText } from '../../host/user-namespace.ts';
import { type Reply, ReplyReader } from '../../image/layer/replies.ts';
import type { OpenedView } from './container-view.ts';
import { type FilesFailure, filesError } from './files-error.ts';

export class ArchiveJob {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  readonly #replies: Reply[] = [];
  #how = '';

  /** @param to a descriptor that gets the bytes; null: `output` gives them */
  constructor(
    job: 'pack' | 'diff' | 'layer',
    view: Pick<OpenedView, 'words' | 'mapping' | 'process'>,
    words: readonly string[],
    to: number | null,
  ) {
    this.#child = spawn(
      nativeArtefact('tsrun-init'),
      ['files', job, String(process.pid), mappingText(view.mapping), ...view.words, '--', ...words],
      {
        stdio: ['ignore', to ?? 'pipe', 'pipe', 'pipe', 'pipe', ...(view.process === null ? [] : [view.process])],
        env: {},
        cwd: '/',
      },
    );
    // Node throws away what a process that has ended wrote when nobody has begun to listen.
    this.#child.stdout?.on('readable', () => undefined);
    const [, , errors, , replies] = this.#child.stdio as unknown as Readable[];
    const reader = new ReplyReader();
    replies?.on('data', (chunk: Buffer) => this.#replies.push(...reader.push(chunk)));
    let text = '';
    errors?.on('data', (chunk: Buffer) => {
      if (text.length < 4096) text += chunk.toString();
    });
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#how = error.message;
        resolve();
      });
      this.#child.once('close', (code, signal) => {
        this.#how = `${signal ?? `exit status ${code}`} ${text}`;
        resolve();
      });
    });
  }

  /** The bytes, when they go to nobody else. */
  get output(): Readable {
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('the archive goes to a descriptor');
    return stdout;
  }

  /**
   * Waits for its end.
   *
   * @param task what was to be done, as the rest of "cannot ..."
   * @returns how many sockets were left out: an archive has no place for them
   * @throws TsrunError COPY_FAILED
   */
  async finished(task: string): Promise<number> {
    await this.#closed;
    const reply = this.#replies.at(-1);
    if (reply?.type === 'done') return reply.skippedDevices;
    // The reader of the archive has had enough.
    if (reply?.type === 'failure' && isHangUp(reply)) return 0;
    if (reply?.type === 'failure') throw filesError(reply, task);
    throw new Error(`the process that reads files died: ${this.#how}`);
  }

  /** What it said went wrong, after its end; null: nothing, or it was told to end. */
  async failure(): Promise<FilesFailure | null> {
    this.#child.stdout?.destroy();
    await this.#closed;
    const reply = this.#replies.at(-1);
    return reply?.type === 'failure' && !isHangUp(reply) ? reply : null;
  }

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    this.#child.stdout?.destroy();
    await this.#closed;
  }
}

const isHangUp = ({ at, errno }: FilesFailure): boolean => at === 'output' && errnoName(errno) === 'EPIPE';

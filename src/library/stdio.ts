/** The container's standard streams as the library offers them. */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { parseOneOf } from '../container/request/one-of.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { addon } from '../native/addon.ts';
import { InheritedStreams } from '../process/inherited-stdio.ts';

/** What standard input is: nothing, what is written to `stdin`, a given text, or this process's own. */
export type StdinOption =
  | 'null'
  | 'pipe'
  | 'inherit'
  | {
      /** All of its input. */
      readonly text: string | Uint8Array;
    };
/** `pipe`: streams and, at the end, the collected text; `inherit`: this process's own. */
export type OutputOption = 'pipe' | 'inherit';

export interface ContainerStreams {
  /** For the container: 0, 1, 2. */
  readonly stdio: readonly [number, number, number];
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** To be called once the container has the descriptors. */
  handedOver(): void;
  /** To be called at the container's end, or when there will be none; resolves when all that this process passes on is out. */
  close(): Promise<void>;
}

/**
 * Opens what is asked for; everything is close-on-exec.
 *
 * @throws TsrunError USAGE
 */
export function openStreams(stdin: StdinOption, output: OutputOption): ContainerStreams {
  if (typeof stdin === 'string') parseOneOf(stdin, ['null', 'pipe', 'inherit'], 'stdin');
  parseOneOf(output, ['pipe', 'inherit'], 'output');
  const inherited = new InheritedStreams('no-terminal');
  const theirs: number[] = [];
  const give = (fd: number): number => {
    theirs.push(fd);
    return fd;
  };
  const feed = (): { readonly fd: number; readonly stream: Writable } => {
    const { ours, theirs: read } = addon().relayedPipe('input');
    const stream = new Socket({ fd: ours, readable: false, writable: true });
    // EPIPE: the container does not read its input, which is its own affair.
    stream.on('error', () => {});
    return { fd: give(read), stream };
  };
  const collect = (): { readonly fd: number; readonly stream: Readable } => {
    const { ours, theirs: write } = addon().relayedPipe('output');
    return { fd: give(write), stream: new Socket({ fd: ours, readable: true, writable: false }) };
  };
  const fed = stdin === 'null' || stdin === 'inherit' ? null : feed();
  if (typeof stdin === 'object') fed?.stream.end(stdin.text);
  const input = fed?.fd ?? (stdin === 'inherit' ? inherited.input() : inherited.nothing());
  const out = output === 'pipe' ? collect() : null;
  const err = output === 'pipe' ? collect() : null;
  const outputs = out !== null && err !== null ? ([out.fd, err.fd] as const) : inherited.outputs();
  const closeTheirs = (): void => {
    for (const fd of theirs.splice(0)) closeSync(fd);
  };
  return {
    stdio: [input, ...outputs],
    stdin: stdin === 'pipe' ? (fed?.stream ?? null) : null,
    stdout: out?.stream ?? null,
    stderr: err?.stream ?? null,
    handedOver: () => {
      closeTheirs();
      inherited.handedOver();
    },
    close: () => {
      closeTheirs();
      return inherited.close();
    },
  };
}

/** What is kept of a stream for `result()`; more than that is for those who read it as it comes. */
export const collectedLimit = 128 * 1024 * 1024;

/** Collects a stream while others may read it too. */
export class Collected {
  #chunks: Buffer[] | null = [];
  #size = 0;
  readonly #ended: Promise<void>;

  constructor(stream: Readable | null) {
    if (stream === null) {
      this.#ended = Promise.resolve();
      return;
    }
    stream.on('data', (chunk: Buffer) => {
      this.#size += chunk.length;
      if (this.#size > collectedLimit) this.#chunks = null;
      this.#chunks?.push(chunk);
    });
    this.#ended = new Promise((resolve) => stream.once('close', () => resolve()));
  }

  /**
   * Everything, once the container and all its children have closed the stream.
   * @throws TsrunError OUTPUT_TOO_LARGE when it is more than {@link collectedLimit}
   */
  async text(): Promise<string> {
    await this.#ended;
    if (this.#chunks === null) {
      throw new TsrunError('OUTPUT_TOO_LARGE', 'cannot collect the output of the container', {
        why: `it wrote ${this.#size} bytes, and at most ${collectedLimit} are kept for result()`,
        hint: 'read stdout and stderr as streams, and wait for exit instead of result()',
      });
    }
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

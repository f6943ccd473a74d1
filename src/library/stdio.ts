/** The container's standard streams as the library offers them. */
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { addon } from '../native/addon.ts';

/** What standard input is: nothing, what is written to `stdin`, a given text, or this process's own. */
export type StdinOption = 'null' | 'pipe' | 'inherit' | { readonly text: string | Uint8Array };
/** `pipe`: streams and, at the end, the collected text; `inherit`: this process's own. */
export type OutputOption = 'pipe' | 'inherit';

export interface ContainerStreams {
  /** For the container: 0, 1, 2. */
  readonly stdio: readonly [number, number, number];
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** To be called once the container has the descriptors, or will not get them. */
  closeOurs(): void;
}

/** Opens what is asked for; everything is close-on-exec. */
export function openStreams(stdin: StdinOption, output: OutputOption): ContainerStreams {
  const theirs: number[] = [];
  const give = (fd: number): number => {
    theirs.push(fd);
    return fd;
  };
  let input = 0;
  let writer: Writable | null = null;
  if (stdin === 'null') {
    input = give(openSync('/dev/null', 'r'));
  } else if (stdin !== 'inherit') {
    const { ours, theirs: read } = addon().relayedPipe('input');
    input = give(read);
    writer = new Socket({ fd: ours, readable: false, writable: true });
    // EPIPE: the container does not read its input, which is its own affair.
    writer.on('error', () => {});
    if (stdin !== 'pipe') writer.end(stdin.text);
  }
  const open = (): { readonly fd: number; readonly stream: Readable } => {
    const { ours, theirs: write } = addon().relayedPipe('output');
    return { fd: give(write), stream: new Socket({ fd: ours, readable: true, writable: false }) };
  };
  const out = output === 'pipe' ? open() : null;
  const err = output === 'pipe' ? open() : null;
  return {
    stdio: [input, out?.fd ?? 1, err?.fd ?? 2],
    stdin: stdin === 'pipe' ? writer : null,
    stdout: out?.stream ?? null,
    stderr: err?.stream ?? null,
    closeOurs: () => {
      for (const fd of theirs.splice(0)) closeSync(fd);
    },
  };
}

/** Collects a stream while others may read it too. */
export class Collected {
  readonly #chunks: Buffer[] = [];
  readonly #ended: Promise<void>;

  constructor(stream: Readable | null) {
    if (stream === null) {
      this.#ended = Promise.resolve();
      return;
    }
    stream.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#ended = new Promise((resolve) => stream.once('close', () => resolve()));
  }

  /** Everything, once the container and all its children have closed the stream. */
  async text(): Promise<string> {
    await this.#ended;
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

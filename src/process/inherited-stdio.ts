/**
 * This process's own standard streams as a container's.
 *
 * They are handed over as they are, so that nothing of ours stands between the container and a pipe or a file. Two kinds are
 * not; the container then gets a pipe, copied to or from the stream here:
 *
 * - a terminal, unless the container gets one of its own: whoever holds a descriptor of it can read what is typed at it later,
 *   also from 1 and 2, and change its settings. As with docker, `isatty` is false inside without -t.
 * - a socket, which is what Node gives the programs it starts: /dev/stdout cannot be opened by name when it is a socket
 *   (ENXIO, unix(7)), and images rely on that name.
 */
import { closeSync, fstatSync, openSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { TsrunError } from '../errors/tsrun-error.ts';
import { addon } from '../native/addon.ts';

/** Streams for a container, once they are open. */
export interface ContainerStdio {
  /** Descriptors for the container's 0, 1 and 2. */
  readonly stdio: readonly [number, number, number];
  /** To be called once the container has its own copies. */
  handedOver(): void;
  /** To be called at the container's end, or when there will be none; resolves when everything it wrote is out. */
  close(): Promise<void>;
}

/**
 * @throws TsrunError USAGE when the container's terminal is to take its input from something that is none.
 */
export function inheritedStdio(request: {
  readonly stdin: 'inherit' | 'null';
  readonly terminal: boolean;
}): ContainerStdio {
  if (request.terminal && request.stdin === 'inherit' && !addon().isTerminal(0)) {
    throw new TsrunError('USAGE', 'the input device is not a TTY', {
      why: '-i and -t together connect the terminal you type at, and standard input is something else',
      hint: 'leave -t out to feed a pipe or a file to the command, or -i to only have a terminal inside',
    });
  }
  const streams = new InheritedStreams(request.terminal ? 'own-terminal' : 'no-terminal');
  const input = request.stdin === 'null' ? streams.nothing() : streams.input();
  return {
    stdio: [input, ...streams.outputs()],
    handedOver: () => streams.handedOver(),
    close: () => streams.close(),
  };
}

/** For what goes on when this process has ended: nobody waits for the end of a pipe that it would hold. */
export function noStdio(): ContainerStdio {
  const streams = new InheritedStreams('no-terminal');
  const nothing = streams.nothing();
  return { stdio: [nothing, nothing, nothing], handedOver: () => streams.handedOver(), close: () => streams.close() };
}

/** This process's streams as descriptors for a container; each of `input` and `outputs` is called at most once. */
export class InheritedStreams {
  readonly #inside: 'own-terminal' | 'no-terminal';
  readonly #toClose: number[] = [];
  readonly #copies: Promise<void>[] = [];
  #feed: Socket | null = null;

  constructor(inside: 'own-terminal' | 'no-terminal') {
    this.#inside = inside;
  }

  /** An input that is at its end, an output that nobody reads. */
  nothing(): number {
    const fd = openSync('/dev/null', 'r+');
    this.#toClose.push(fd);
    return fd;
  }

  input(): number {
    if (!this.#mustRelay(0)) return 0;
    const { ours, theirs } = addon().relayedPipe('input');
    this.#feed = new Socket({ fd: ours, readable: false, writable: true });
    // EPIPE: the container does not read its input, which is its own affair.
    this.#feed.on('error', () => {});
    this.#toClose.push(theirs);
    return theirs;
  }

  outputs(): readonly [number, number] {
    const out = this.#output(1);
    // One pipe for both where both are one terminal: what was written first is shown first.
    const both = out !== 1 && isSameTerminal(1, 2);
    return [out, both ? out : this.#output(2)];
  }

  /** To be called once the container has its own copies. */
  handedOver(): void {
    this.#closeTheirs();
    // Not before: an image that is read from standard input comes first.
    if (this.#feed !== null) feedFromStdin(this.#feed);
  }

  /** To be called at the container's end, or when there will be none; resolves when everything it wrote is out. */
  async close(): Promise<void> {
    this.#closeTheirs();
    this.#feed?.destroy();
    await Promise.all(this.#copies);
  }

  #closeTheirs(): void {
    for (const fd of this.#toClose.splice(0)) closeSync(fd);
  }

  #output(fd: 1 | 2): number {
    if (!this.#mustRelay(fd)) return fd;
    const { ours, theirs } = addon().relayedPipe('output');
    this.#toClose.push(theirs);
    const from = new Socket({ fd: ours, readable: true, writable: false });
    this.#copies.push(copy(from, () => (fd === 1 ? process.stdout : process.stderr)));
    return theirs;
  }

  #mustRelay(fd: number): boolean {
    const stat = statOf(fd);
    return stat !== null && (stat.isSocket() || (this.#inside === 'no-terminal' && isTerminal(fd, stat)));
  }
}

function statOf(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    // Closed by whoever started us; the container will find it closed too.
    return null;
  }
}

const isTerminal = (fd: number, stat: Stats): boolean => stat.isCharacterDevice() && addon().isTerminal(fd);

function isSameTerminal(a: number, b: number): boolean {
  const [one, other] = [statOf(a), statOf(b)];
  return one !== null && other !== null && isTerminal(a, one) && isTerminal(b, other) && one.rdev === other.rdev;
}

/** Reads no more than the container may want: what comes after its end is the next command's. */
function feedFromStdin(feed: Socket): void {
  const stdin = opened(() => process.stdin);
  if (stdin === null) {
    feed.end();
    return;
  }
  // For good: a terminal that hangs up when the container has just ended is an error that nobody waits for any more.
  stdin.on('error', () => void feed.end()).pipe(feed);
  feed.once('close', () => stdin.unpipe(feed).pause());
}

/** Node opens its streams when they are first asked for. null: a terminal has hung up just then (ERR_TTY_INIT_FAILED). */
function opened<T>(stream: () => T): T | null {
  try {
    return stream();
  } catch {
    return null;
  }
}

/** Stops reading while the receiver is slow; a receiver that has gone takes nothing more, as a broken pipe would. */
function copy(from: Socket, to: () => Writable): Promise<void> {
  return new Promise((resolve) => {
    let receiver: Writable | null = null;
    from.on('data', (chunk: Buffer) => {
      receiver ??= opened(to)?.on('error', () => from.destroy()) ?? null;
      if (receiver === null) {
        from.destroy();
      } else if (!receiver.write(chunk)) {
        from.pause();
        receiver.once('drain', () => from.resume());
      }
    });
    from.once('close', () => {
      if (receiver === null) resolve();
      else receiver.write('', () => resolve());
    });
    from.on('error', () => from.destroy());
  });
}

/**
 * This process's own standard streams as a container's.
 *
 * They are handed over as they are, so that nothing of ours stands between the container and a pipe or a file. Except a
 * socket, which is what Node gives the programs it starts: /dev/stdout cannot be opened by name when it is a socket
 * (ENXIO, unix(7)), and images rely on that name. The container then gets a pipe, copied to or from the socket here.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { TsrunError } from '../errors/tsrun-error.ts';
import { addon } from '../native/addon.ts';

export interface InheritedStdio {
  readonly stdio: readonly [number, number, number];
  /** To be called once the container has its own copies, or will not get any. */
  handedOver(): void;
  /** Resolves when everything the container wrote is out. */
  drained(): Promise<void>;
}

/**
 * @throws TsrunError USAGE when the container's terminal is to take its input from something that is none.
 */
export function inheritedStdio(request: {
  readonly stdin: 'inherit' | 'null';
  readonly terminal: boolean;
}): InheritedStdio {
  if (request.terminal && request.stdin === 'inherit' && !isatty(0)) {
    throw new TsrunError('USAGE', 'the input device is not a TTY', {
      why: '-i and -t together connect the terminal you type at, and standard input is something else',
      hint: 'leave -t out to feed a pipe or a file to the command, or -i to only have a terminal inside',
    });
  }
  const toClose: number[] = [];
  const copies: Promise<void>[] = [];
  const output = (fd: 1 | 2): number => {
    if (!isSocket(fd)) return fd;
    const { ours, theirs } = addon().relayedPipe('output');
    toClose.push(theirs);
    copies.push(
      copy(new Socket({ fd: ours, readable: true, writable: false }), () =>
        fd === 1 ? process.stdout : process.stderr,
      ),
    );
    return theirs;
  };
  let feed: Socket | null = null;
  const input = (): number => {
    if (request.stdin !== 'null' && !isSocket(0)) return 0;
    if (request.stdin === 'null') {
      toClose.push(openSync('/dev/null', 'r'));
    } else {
      const { ours, theirs } = addon().relayedPipe('input');
      feed = new Socket({ fd: ours, readable: false, writable: true });
      // EPIPE: the container does not read its input, which is its own affair.
      feed.on('error', () => {});
      toClose.push(theirs);
    }
    return toClose.at(-1) ?? 0;
  };
  const stdio = [input(), output(1), output(2)] as const;
  return {
    stdio,
    handedOver: () => {
      for (const fd of toClose.splice(0)) closeSync(fd);
      // Not before: an image that is read from standard input comes first.
      if (feed !== null) process.stdin.pipe(feed);
      feed = null;
    },
    drained: async () => {
      await Promise.all(copies);
    },
  };
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    // Closed by whoever started us; the container will find it closed too.
    return false;
  }
}

/** Stops reading while the receiver is slow; a receiver that has gone takes nothing more, as a broken pipe would. */
function copy(from: Socket, to: () => Writable): Promise<void> {
  return new Promise((resolve) => {
    let receiver: Writable | null = null;
    from.on('data', (chunk: Buffer) => {
      receiver ??= to();
      if (!receiver.write(chunk)) {
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

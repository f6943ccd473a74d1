/** `attach`: a running container's output from now on, and its input. It never makes the container wait. */
import { join } from 'node:path';
import { errnoName } from '../../errors/errno.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { type AttachSocket, connectAttach, mostInput } from '../../native/attach-socket.ts';
import { type ContainerExit, exitOf } from '../exit.ts';
import { type KeptContainer, requireRunning } from './kept-container.ts';

export interface AttachListener {
  output(stream: 'stdout' | 'stderr', bytes: Buffer): void;
  /** The listener was too slow for this many bytes; what comes next follows them. */
  missed(bytes: number): void;
}

export interface Attached {
  /** Resolves when the container has them; bytes that it does not take wait here. */
  write(bytes: Uint8Array): Promise<void>;
  /** The end of the input: passed on where the container was made with -i and without -d, as in docker. */
  end(): void;
  /** The size of its terminal, for everybody who is attached. */
  resize(rows: number, columns: number): void;
  pause(): void;
  resume(): void;
  /** Resolves when the container has ended; with null when {@link close} was called, or its monitor could not say how. */
  readonly closed: Promise<ContainerExit | null>;
  /** Leaves the container to itself. */
  close(): void;
}

/**
 * Resolves when everything that is printed from then on will be heard.
 *
 * @throws TsrunError CONTAINER_STATE when it does not run, or its streams are those of the command that started it
 */
export function attachKept(container: KeptContainer, listener: AttachListener): Promise<Attached> {
  requireRunning(container, 'attach to');
  let takenUp: (() => void) | null = null;
  let exit: ContainerExit | null = null;
  let end: () => void = () => {};
  const closed = new Promise<ContainerExit | null>((resolve) => {
    end = () => resolve(exit);
  });
  return new Promise((resolve, reject) => {
    let isAttached = false;
    const socket = connect(container, {
      attached: () => {
        isAttached = true;
        resolve(attached);
      },
      output: (stream, bytes) => listener.output(stream === 1 ? 'stdout' : 'stderr', bytes),
      missed: (bytes) => listener.missed(bytes),
      inputTaken: () => takenUp?.(),
      exited: (waitStatus) => {
        exit = exitOf(waitStatus);
      },
      closed: () => {
        end();
        takenUp?.();
        if (!isAttached) reject(full(container));
      },
    });
    const attached: Attached = {
      write: async (bytes) => {
        for (let from = 0; from < bytes.length; from += mostInput) {
          const taken = new Promise<void>((done) => {
            takenUp = done;
          });
          socket.input(bytes.subarray(from, from + mostInput));
          await taken;
        }
      },
      end: () => socket.inputEnd(),
      resize: (rows, columns) => socket.resize(rows, columns),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      closed,
      close: () => socket.close(),
    };
  });
}

function connect(container: KeptContainer, events: Parameters<typeof connectAttach>[1]): AttachSocket {
  try {
    return connectAttach(join(container.path, 'attach'), events);
  } catch (cause) {
    const code = errnoName((cause as NodeJS.ErrnoException).errno ?? 0);
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw cause;
    throw new TsrunError('CONTAINER_STATE', `cannot attach to container "${container.name}"`, {
      why:
        code === 'ENOENT'
          ? 'its output goes straight to the command that started it with --rm, without -t'
          : 'it ends this moment',
      hint:
        code === 'ENOENT'
          ? 'start such a container with -d or -t, or without --rm'
          : `tsrun logs ${container.name} shows what it printed`,
      cause,
    });
  }
}

const full = ({ name }: KeptContainer): TsrunError =>
  new TsrunError('CONTAINER_STATE', `cannot attach to container "${name}"`, {
    why: 'as many are attached to it as there can be, or it has just ended',
    hint: `tsrun logs -f ${name} follows what it prints`,
  });

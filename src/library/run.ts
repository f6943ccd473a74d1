/** `run`: the command's road, from a program. */
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { ContainerExit } from '../container/exit.ts';
import { parseRunOptions } from '../container/request/parse-run-options.ts';
import { runOptionNames } from '../container/request/run-option-names.ts';
import type { RunOptions } from '../container/request/run-options.ts';
import { type StartedContainer, startContainer } from '../container/run.ts';
import type { Paths } from '../host/paths.ts';
import type { ImageProgress } from '../image/progress.ts';
import { signalNumber } from '../oci/signals.ts';
import type { Exec, ExecOptions } from './exec.ts';
import { inWords } from './in-words.ts';
import { checkImage, checkOptions } from './known-options.ts';
import { type PlaceOptions, pathsOf } from './places.ts';
import { type PublishedAddress, publishedAddress } from './ports.ts';
import { Collected, type OutputOption, openStreams, type StdinOption } from './stdio.ts';

/** The flags of `tsrun run` and what only a program needs. */
export interface LibraryRunOptions
  extends Omit<RunOptions, 'interactive' | 'tty' | 'detach' | 'rm' | 'sigProxy'>,
    PlaceOptions {
  /** Standard input; `'null'` when left out. */
  readonly stdin?: StdinOption;
  /** Standard output and error; `'pipe'` when left out. */
  readonly output?: OutputOption;
  /** Ends the container, and before that the reading of the image. */
  readonly signal?: AbortSignal;
  /** Progress of reading the image. */
  readonly onProgress?: (event: ImageProgress) => void;
  /** One line about something that is not as asked, for example a default limit that is not in force. */
  readonly onNotice?: (line: string) => void;
}

const { interactive: _i, tty: _t, detach: _d, rm: _r, sigProxy: _s, ...names } = runOptionNames;
const known = {
  ...names,
  stdin: true,
  output: true,
  signal: true,
  onProgress: true,
  onNotice: true,
  store: true,
  root: true,
} as const satisfies Record<keyof LibraryRunOptions, true>;

/** What a container that has ended wrote, and how it ended. */
export interface RunResult extends ContainerExit {
  /** As UTF-8. */
  readonly stdout: string;
  /** As UTF-8. */
  readonly stderr: string;
}

/** A running container. Leaving the scope of an `await using` ends it and removes all of it. */
export interface Container extends AsyncDisposable {
  /** 64 hex digits. */
  readonly id: string;
  /** As given, or two words. */
  readonly name: string;
  /** PID 1 as the host sees it. */
  readonly pid: number;
  /**
   * Where this machine reaches one of its published ports.
   *
   * @throws TsrunError USAGE when it is not published
   * @example const { host, port } = db.port(5432); // of publish: ['5432']
   */
  port(containerPort: number, protocol?: 'tcp' | 'udp' | 'sctp'): PublishedAddress;
  /** Only with `stdin: 'pipe'`. */
  readonly stdin: Writable | null;
  /** null with `output: 'inherit'`. */
  readonly stdout: Readable | null;
  /** null with `output: 'inherit'`. */
  readonly stderr: Readable | null;
  /** How it ended; resolves when nothing of it is left on the machine. */
  readonly exit: Promise<ContainerExit>;
  /**
   * Waits for the end and for all output, of which at most 128 MiB a stream are kept. A status other than 0 is a result,
   * not an error.
   */
  result(): Promise<RunResult>;
  /** Sends a signal to PID 1: a name with or without SIG, or a number. */
  kill(signal?: string | number): void;
  /**
   * Runs one more command in it. Resolves once that has started; the command goes with the container.
   *
   * @throws TsrunError CONTAINER_STATE, COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, USER_NOT_FOUND, USAGE, ABORTED
   * @example const { exitCode } = await (await db.exec(['pg_isready'])).result();
   */
  exec(command: readonly string[], options?: ExecOptions): Promise<Exec>;
  /** Freezes all processes of the container. */
  pause(): Promise<void>;
  /** Lets them run again. */
  unpause(): void;
}

/**
 * Runs a container and resolves once its command has started.
 *
 * @param image what `tsrun run` takes: a tar of docker save or of an OCI layout, a rootfs tar, a directory, a stored name
 * @throws TsrunError with `code`, `why` and `hint`; nothing is left behind then
 * @example
 * await using web = await run('web.tar', { command: ['httpd', '-f'], memory: '64m' });
 * @example
 * const { stdout, exitCode } = await (await run('alpine.tar', { command: ['id', '-u'] })).result();
 */
export async function run(image: string, options: LibraryRunOptions = {}): Promise<Container> {
  checkImage(image);
  checkOptions(options, known, 'run');
  const { stdin = 'null', output = 'pipe', signal, onProgress, onNotice, store, root, ...rest } = options;
  const request = parseRunOptions(
    { ...rest, interactive: stdin !== 'null', rm: true },
    {
      spell: (option) => option,
      cwd: process.cwd(),
      uid: process.geteuid?.() ?? 0,
      env: process.env,
      readFile: readFileSync,
    },
  );
  const paths = pathsOf({ store, root });
  const streams = openStreams(stdin, output);
  try {
    const start = () =>
      startContainer(image, request, {
        paths,
        get stdin() {
          return process.stdin;
        },
        stdio: streams.stdio,
        detachKeys: '',
        onProgress: onProgress ?? (() => {}),
        signal: signal ?? new AbortController().signal,
        notice: onNotice ?? (() => {}),
        onLaunch: () => {},
        onStep: null,
      });
    const started = await inWords(paths, start);
    streams.handedOver();
    return container(paths, started, streams);
  } catch (error) {
    streams.stdin?.destroy();
    streams.stdout?.destroy();
    streams.stderr?.destroy();
    await streams.close();
    throw error;
  }
}

function container(paths: Paths, started: StartedContainer, streams: ReturnType<typeof openStreams>): Container {
  const stdout = new Collected(streams.stdout);
  const stderr = new Collected(streams.stderr);
  const exit = started.exit
    .then((end) => {
      // Only keys let go of a container, and there are none.
      if (end === null) throw new Error('somebody let go of a container without keys');
      return end;
    })
    .finally(() => streams.close());
  // Whoever only disposes does not look at it.
  exit.catch(() => {});
  return {
    id: started.id,
    name: started.name,
    pid: started.pid,
    port: (containerPort, protocol = 'tcp') => publishedAddress(paths, started, containerPort, protocol),
    stdin: streams.stdin,
    stdout: streams.stdout,
    stderr: streams.stderr,
    exit,
    result: async () => {
      const end = await exit;
      return { ...end, stdout: await stdout.text(), stderr: await stderr.text() };
    },
    kill: (signal = 'SIGTERM') => {
      const number = typeof signal === 'number' ? signal : signalNumber(signal);
      if (number === null) throw new RangeError(`unknown signal "${signal}"`);
      started.kill(number);
    },
    exec: async (command, options = {}) => {
      const { id, name } = started;
      // Loaded here: who only runs a command does not wait for it.
      return await (await import('./exec.ts')).exec({ paths, id, name, origin: 'found' }, command, options);
    },
    pause: () => started.freeze(),
    unpause: () => started.thaw(),
    [Symbol.asyncDispose]: async () => {
      started.destroy();
      // How it ended is no news to somebody who ends it.
      await exit.catch(() => {});
      streams.stdin?.destroy();
      streams.stdout?.destroy();
      streams.stderr?.destroy();
    },
  };
}

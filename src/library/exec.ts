/** `exec`: one more command in a running container. */
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { ContainerExit } from '../container/exit.ts';
import { type ExecRequest, execKept } from '../container/kept/exec-kept.ts';
import type { LaunchControls } from '../container/launch.ts';
import { parseContainerPath } from '../container/request/absolute-path.ts';
import { parseCapabilities } from '../container/request/capability.ts';
import type { DetachKeys } from '../container/request/detach-keys.ts';
import { type EnvOption, parseEnv, parseEnvFile } from '../container/request/env.ts';
import { checkArguments } from '../container/request/parse-run-options.ts';
import { parseSignal } from '../container/request/signal.ts';
import { parseUser } from '../container/request/user.ts';
import { parseTerminalSize, type TerminalSize } from '../container/terminal-size.ts';
import { type Abortable, signalOf } from './abort.ts';
import { checkOptions } from './known-options.ts';
import type { RunResult } from './run.ts';
import { Collected, type ContainerStreams, type OutputOption, openStreams, type StdinOption } from './stdio.ts';
import { now, type Stored } from './stored.ts';

/** The flags of `tsrun exec` and what only a program needs. */
export interface ExecOptions extends Abortable {
  /** `{ NAME: 'value' }` or `['NAME=value', 'NAME']`, behind the container's own. */
  readonly env?: EnvOption;
  /** Files of `NAME=value` lines, read before `env`. */
  readonly envFile?: readonly string[];
  /** Absolute directory inside the container. Default: the container's. */
  readonly workdir?: string;
  /** `USER[:GROUP]`, names or numbers. Default: the container's. */
  readonly user?: string;
  /** Gives the command a terminal, of a size if one is named: what it prints comes in `stdout` alone. Default: false. */
  readonly tty?: boolean | TerminalSize;
  /** All capabilities, no seccomp filter. Default: false. */
  readonly privileged?: boolean;
  /** Names with or without CAP_, or ALL. */
  readonly capAdd?: readonly string[];
  /** Standard input; `'null'` when left out. */
  readonly stdin?: StdinOption;
  /** Standard output and error; `'pipe'` when left out. */
  readonly output?: OutputOption;
  /** One line about something that is not as asked. */
  readonly onNotice?: (line: string) => void;
}

const known = {
  env: true,
  envFile: true,
  workdir: true,
  user: true,
  tty: true,
  privileged: true,
  capAdd: true,
  stdin: true,
  output: true,
  onNotice: true,
  signal: true,
} as const satisfies Record<keyof ExecOptions, true>;

/** A command that runs in a container. Leaving the scope of an `await using` kills it; the container goes on. */
export interface Exec extends AsyncDisposable {
  /** Only with `stdin: 'pipe'`. */
  readonly stdin: Writable | null;
  /** null with `output: 'inherit'`. */
  readonly stdout: Readable | null;
  /** null with `output: 'inherit'`. */
  readonly stderr: Readable | null;
  /** How it ended. */
  readonly exit: Promise<ContainerExit>;
  /**
   * Waits for the end and for all output, of which at most 128 MiB a stream are kept. A status other than 0 is a result,
   * not an error.
   */
  result(): Promise<RunResult>;
  /** Sends it a signal: a name with or without SIG, or a number. */
  kill(signal?: string | number): void;
  /**
   * Makes its terminal another size, and its programs are told. Without one it does nothing.
   *
   * @throws TsrunError USAGE for a size that is none
   */
  resize(size: TerminalSize): void;
}

export async function exec(stored: Stored, command: readonly string[], options: ExecOptions): Promise<Exec> {
  checkOptions(options, known, 'exec');
  const { stdin = 'null', output = 'pipe' } = options;
  const request = execRequest(command, options);
  const container = now(stored);
  const streams = openStreams(stdin, output);
  let controls: LaunchControls | null = null;
  let started = (): void => {};
  const isStarted = new Promise<void>((resolve) => {
    started = resolve;
  });
  const exit = execKept(container, request, {
    paths: stored.paths,
    stdio: streams.stdio,
    signal: signalOf(options),
    notice: options.onNotice ?? (() => {}),
    onLaunch: (given) => {
      controls = given;
    },
    onStep: null,
    onStarted: () => {
      streams.handedOver();
      started();
    },
  })
    .then((end) => {
      if (end === null) throw new Error('somebody let go of a command without keys');
      return end;
    })
    .finally(() => streams.close());
  try {
    await Promise.race([isStarted, exit]);
  } catch (error) {
    destroyStreams(streams);
    throw error;
  }
  return execObject(streams, exit, () => controls);
}

function execObject(
  streams: ContainerStreams,
  exit: Promise<ContainerExit>,
  controls: () => LaunchControls | null,
): Exec {
  const { stdin, stdout, stderr } = streams;
  const texts = { stdout: new Collected(stdout), stderr: new Collected(stderr) };
  // Whoever only disposes does not look at it.
  exit.catch(() => {});
  return {
    stdin,
    stdout,
    stderr,
    exit,
    result: async () => {
      const end = await exit;
      return { ...end, stdout: await texts.stdout.text(), stderr: await texts.stderr.text() };
    },
    kill: (signal = 'SIGTERM') => controls()?.kill(parseSignal(signal, 'signal')),
    resize: (size) => controls()?.resize(parseTerminalSize(size)),
    [Symbol.asyncDispose]: async () => {
      controls()?.destroy();
      await exit.catch(() => {});
      destroyStreams(streams);
    },
  };
}

function destroyStreams({ stdin, stdout, stderr }: ContainerStreams): void {
  stdin?.destroy();
  stdout?.destroy();
  stderr?.destroy();
}

/** @throws TsrunError USAGE */
function execRequest(command: readonly string[], options: ExecOptions): ExecRequest {
  const { env = [], envFile = [], workdir, user, tty = false, privileged = false, capAdd = [] } = options;
  return {
    command: checkArguments(command, 'command'),
    env: [
      ...envFile.flatMap((file) => parseEnvFile(file, process.env, 'envFile', readFileSync)),
      ...parseEnv(env, process.env, 'env'),
    ],
    workingDirectory: workdir === undefined ? null : parseContainerPath(workdir, workdir, 'workdir'),
    user: user === undefined ? null : parseUser(user, 'user'),
    terminal: tty !== false,
    size: typeof tty === 'boolean' ? null : parseTerminalSize(tty),
    detachKeys: '' as DetachKeys,
    privileged,
    capAdd: parseCapabilities(capAdd, 'capAdd'),
    detach: false,
  };
}

/** Containers by state: each type has what a container in that state can do, and nothing else. */
import type { Writable } from 'node:stream';
import type { Abortable } from './abort.ts';
import type { Attachment, AttachOptions } from './attach.ts';
import type { CommitOptions } from './commit.ts';
import type { CopyOptions, CopyResult, FileChange } from './copy.ts';
import type { Exec, ExecOptions } from './exec.ts';
import type { ContainerEnd, ContainerInspection } from './inspection.ts';
import type { LogEntry, LogsOptions } from './logs.ts';
import type { PublishedAddress } from './ports.ts';
import type { StatsOptions, UsageSample } from './stats.ts';

/** How a container is started. */
export interface StartOptions extends Abortable {
  /** One line about something that is not as asked, for example a default limit that is not in force. */
  readonly onNotice?: (line: string) => void;
}

/** How a container is asked to end. */
export interface StopOptions extends Abortable {
  /** Name or number. Default: the container's. */
  readonly stopSignal?: string | number;
  /** Seconds until SIGKILL; -1: for ever. Default: the container's. */
  readonly stopTimeout?: number;
}

/** How a container is removed. */
export interface RemoveOptions {
  /** Its anonymous volumes too. Default: false. */
  readonly volumes?: boolean;
}

/**
 * What containers have in every state.
 *
 * An object stands for a container in the state that it was found in. What changes the state resolves with an object for the next one;
 * the old one's methods then throw TsrunError CONTAINER_STATE. Nothing is remembered: each call looks at the container as it is, whoever
 * changed it.
 *
 * Disposing of it removes the container, running or not, with its anonymous volumes, if {@link create} of this process made it. One that
 * was found by {@link open} or {@link list} is only let go.
 */
interface AnyState extends AsyncDisposable {
  /** 64 hex digits. */
  readonly id: string;
  /** When it was looked up. */
  readonly name: string;
  /**
   * All that is known of it now.
   *
   * @throws TsrunError CONTAINER_NOT_FOUND when it has gone
   */
  inspect(): Promise<ContainerInspection>;
  /**
   * Files into the container, as `tsrun cp` does it; with a stream, a tar archive, compressed or not, into a directory that is there.
   *
   * @param source path of this machine, seen from the working directory; `DIR/.`: what is in it
   * @param destination path in the container
   * @throws TsrunError COPY_FAILED, CONTAINER_NOT_FOUND, ABORTED
   * @example await container.copyIn('site/.', '/srv/www');
   */
  copyIn(source: string | AsyncIterable<Uint8Array>, destination: string, options?: CopyOptions): Promise<CopyResult>;
  /**
   * Files out of the container; to a stream, as a tar archive with owners and all, and the stream is ended.
   *
   * @param source path in the container; `DIR/.`: what is in it
   * @param destination path of this machine, seen from the working directory
   * @throws TsrunError COPY_FAILED, CONTAINER_NOT_FOUND, ABORTED
   * @example await container.copyOut('/etc/passwd', 'passwd');
   */
  copyOut(source: string, destination: string | Writable, options?: CopyOptions): Promise<CopyResult>;
  /**
   * An image of what the container changed; running processes stand still meanwhile.
   *
   * @returns the image's id, `sha256:` and 64 hex digits
   * @throws TsrunError USAGE for a name or a change that is none, COPY_FAILED, STORE, CONTAINER_NOT_FOUND, ABORTED
   * @example await container.commit({ name: 'web:seeded', changes: ['CMD ["httpd", "-f"]'] });
   */
  commit(options?: CommitOptions): Promise<string>;
}

interface Startable {
  /**
   * Resolves when its command runs. It lives on without this process.
   *
   * @throws TsrunError CONTAINER_STATE when it is in another state by now; else naming the step that failed, and the container is as before
   */
  start(options?: StartOptions): Promise<RunningContainer>;
  /** @throws TsrunError CONTAINER_STATE when it runs by now */
  remove(options?: RemoveOptions): Promise<void>;
}

interface Started {
  /**
   * What it printed, the oldest first. Reading does not slow the container; who is slower than a whole rotation of the log misses entries.
   *
   * @throws TsrunError CONTAINER_STATE when it keeps no log, ABORTED
   * @example for await (const { text } of container.logs({ follow: true })) console.log(text);
   */
  logs(options?: LogsOptions): AsyncIterable<LogEntry>;
  /**
   * Files that it added, changed and deleted, every directory before what is in it.
   *
   * @throws TsrunError COPY_FAILED, CONTAINER_NOT_FOUND, ABORTED
   */
  diff(options?: Abortable): Promise<readonly FileChange[]>;
}

interface Stoppable {
  /**
   * Its stop signal, and SIGKILL when it is still there after its timeout. One that has ended by itself is fine. After an abort it has
   * the signal, and is not killed.
   *
   * @throws TsrunError USAGE for a signal that is none, CONTAINER_NOT_FOUND when it was made to go at its end, ABORTED
   */
  stop(options?: StopOptions): Promise<ExitedContainer>;
}

interface Live extends Started, Stoppable {
  /** PID 1 as the host sees it. */
  readonly pid: number;
  /**
   * Where this machine reaches one of its published ports.
   *
   * @throws TsrunError USAGE when it is not published, CONTAINER_STATE when it has ended
   * @example const { host, port } = db.port(5432);
   */
  port(containerPort: number, protocol?: 'tcp' | 'udp' | 'sctp'): PublishedAddress;
  /**
   * What it uses, again and again until it ends. The first sample comes at once.
   *
   * @throws TsrunError CONTAINER_STATE when it does not run, ABORTED
   * @example for await (const { cpuPercent, memory } of db.stats()) console.log(cpuPercent, memory?.value);
   */
  stats(options?: StatsOptions): AsyncIterable<UsageSample>;
  /**
   * What it uses now.
   *
   * @throws TsrunError CONTAINER_STATE when it does not run
   */
  usage(): Promise<UsageSample>;
  /**
   * Sends a signal to PID 1.
   *
   * @param signal a name with or without SIG, or a number
   * @throws TsrunError CONTAINER_STATE when it has ended, USAGE for a signal that is none
   */
  kill(signal: string | number): Promise<void>;
  /**
   * Resolves when it has ended, at once when it has. With a restart policy it may run again by then.
   *
   * @throws TsrunError CONTAINER_NOT_FOUND when it went at its end before it could be asked, ABORTED
   */
  wait(options?: Abortable): Promise<ExitedContainer>;
}

/** Made, never started. */
export interface CreatedContainer extends AnyState, Startable {
  /** Tells the states apart. */
  readonly state: 'created';
}

/** Its command runs. */
export interface RunningContainer extends AnyState, Live {
  /** Tells the states apart. */
  readonly state: 'running';
  /**
   * Runs one more command in it. Resolves once that has started; the command goes with this process.
   *
   * @throws TsrunError CONTAINER_STATE, COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, USER_NOT_FOUND, USAGE, ABORTED
   * @example const { stdout } = await (await container.exec(['id', '-u'])).result();
   */
  exec(command: readonly string[], options?: ExecOptions): Promise<Exec>;
  /**
   * Its output from now on, and its input if it was made with `interactive`.
   *
   * @throws TsrunError CONTAINER_STATE when it does not run, has no streams to attach to, or sixteen are attached
   */
  attach(options?: AttachOptions): Promise<Attachment>;
  /**
   * Resolves when its health check says that it is healthy, at once when it is.
   *
   * @throws TsrunError CONTAINER_STATE when it has no check or ends before, ABORTED
   * @example await db.untilHealthy({ signal: AbortSignal.timeout(30_000) });
   */
  untilHealthy(options?: Abortable): Promise<void>;
  /**
   * Freezes all its processes.
   *
   * @throws TsrunError CONTAINER_STATE; HOST_UNSUPPORTED without a control group
   */
  pause(): Promise<PausedContainer>;
}

/** Its processes stand still. */
export interface PausedContainer extends AnyState, Live {
  /** Tells the states apart. */
  readonly state: 'paused';
  /** @throws TsrunError CONTAINER_STATE when it is not paused */
  unpause(): Promise<RunningContainer>;
}

/** It has ended, and its restart policy is about to start it again. */
export interface RestartingContainer extends AnyState, Started, Stoppable {
  /** Tells the states apart. */
  readonly state: 'restarting';
  /** How it ended, the last time. */
  readonly exit: ContainerEnd;
}

/** It has run, and has ended. */
export interface ExitedContainer extends AnyState, Startable, Started {
  /** Tells the states apart. */
  readonly state: 'exited';
  /** How it ended, the last time. */
  readonly exit: ContainerEnd;
}

/**
 * A container in whatever state it is in; `state` tells which.
 *
 * @example
 * const container = await open('web');
 * if (container.state === 'running') await container.stop();
 */
export type AnyContainer =
  | CreatedContainer
  | RunningContainer
  | PausedContainer
  | RestartingContainer
  | ExitedContainer;

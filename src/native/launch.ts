/** One monitor, from its start to its end, as typed messages. */
import { nativeArtefact } from '../host/helper.ts';
import type { Plan } from '../plan/plan.ts';
import { addon } from './addon.ts';
import type { LaunchHeader } from './launch-header.ts';
import { encodeMessage, type LauncherMessage, type MonitorMessage, parseMessage } from './messages.ts';
import { encodePlan } from './plan-codec.ts';

export interface MonitorRequest {
  readonly plan: Plan;
  readonly header: LaunchHeader;
  /** File descriptors for the container's standard input, output and error. */
  readonly stdio: readonly [number, number, number];
  /** Files the monitor holds until it ends (locks); the step `take-file` hands them on by their place here. */
  readonly keep: readonly number[];
}

export interface MonitorEvents {
  /** `fd` came with the message and belongs to the listener; -1: none. */
  message(message: MonitorMessage, fd: number): void;
  /** The monitor has ended and was reaped. */
  closed(): void;
}

export interface RunningMonitor {
  readonly pid: number;
  /** False when the monitor is gone. */
  send(message: LauncherMessage): boolean;
  /** Ends the container by force, unless it was handed over. */
  hangUp(): void;
  /** It goes on after the end of the connection. */
  letGo(): void;
}

/** undefined: not tried yet; null: not to be had (an ordinary user); then the helper seals itself. */
let sealedHelper: number | null | undefined;

/**
 * Starts a monitor. What runs is never a file the container could write through /proc/PID/exe (CVE-2019-5736).
 *
 * @throws Error with `errno` when the process cannot be started.
 */
export function launchMonitor(request: MonitorRequest, events: MonitorEvents): RunningMonitor {
  const native = addon();
  const helper = nativeArtefact('tsrun-init');
  sealedHelper ??= native.sealedView(helper);
  const { pid, channel } = native.launch(
    {
      helper,
      helperFd: sealedHelper ?? -1,
      args: sealedHelper === null ? ['monitor', 'seal'] : ['monitor'],
      plan: encodePlan(request.plan, request.header),
      stdio: request.stdio,
      keep: request.keep,
      outlives: request.header.lifetime === 'own',
    },
    (packet, fds) => events.message(parseMessage(packet), fds[0] ?? -1),
    () => events.closed(),
  );
  return {
    pid,
    send: (message) => channel.send(encodeMessage(message)),
    hangUp: () => channel.close(),
    letGo: () => channel.outlive(),
  };
}

/** The launch that every container of ours goes through, new or started again. */
import { closeSync, openSync } from 'node:fs';
import type { Paths } from '../../host/paths.ts';
import type { MonitorRecord, Streams } from '../../native/launch-header.ts';
import { type EventActor, monitorEvents } from '../container-events.ts';
import { launchHealth } from '../health/launch-health.ts';
import { Launch, type LaunchContext } from '../launch.ts';
import type { Prepared } from '../prepare.ts';
import { epilogueFor } from './epilogue.ts';
import type { KeptRecord } from './kept-record.ts';
import { reserveFiles } from './monitor-files.ts';

/** Who waits for the container. */
export type Attendance =
  /** Nobody, once its command runs. */
  | { readonly type: 'background' }
  /** This process passes its streams on. `ends-it`: the container goes with it; `leaves-it`: it lives on. */
  | {
      readonly type: 'foreground';
      readonly leaving: 'ends-it' | 'leaves-it';
      readonly stdio: readonly [number, number, number];
      readonly detachKeys: string;
    };

/** A container whose files are all there. */
export interface LaunchableContainer {
  /** Its directory. */
  readonly path: string;
  readonly prepared: Prepared;
  readonly kept: KeptRecord;
  readonly actor: EventActor;
  /** Locks for the monitor to hold. */
  readonly held: readonly number[];
}

/** @throws the system error of a full disk; for what else goes wrong {@link Launch.running} rejects */
export function launchKept(
  { path, prepared, kept, actor, held }: LaunchableContainer,
  attendance: Attendance,
  context: LaunchContext & { readonly paths: Paths },
): Launch {
  const { terminal, log } = kept.request;
  reserveFiles(path);
  // What goes when its command goes has no log: its output is the command's own, untouched.
  const passes = attendance.type === 'foreground' && kept.removal === 'at-end' && !terminal;
  const record: MonitorRecord = {
    directory: path,
    log: passes
      ? null
      : log.driver === 'none'
        ? { keeps: 'nothing' }
        : { keeps: 'files', size: log.size, files: log.files },
    ...epilogueFor(kept, path, context.paths),
  };
  const health = kept.health === null ? null : launchHealth(path, prepared, kept, kept.health, context.paths);
  context.onStep?.({ type: 'planned', plan: prepared.plan, places: prepared.places });
  const nothing = attendance.type === 'background' ? openSync('/dev/null', 'r+') : null;
  try {
    return new Launch({
      plan: prepared.plan,
      cgroup: prepared.cgroup,
      lifetime: attendance.type === 'foreground' && attendance.leaving === 'ends-it' ? 'launcher' : 'own',
      streams: streamsFor(kept, attendance),
      record,
      events: monitorEvents(context.paths, actor, kept.request.mounts),
      health,
      stdio: attendance.type === 'foreground' ? attendance.stdio : [nothing ?? 0, nothing ?? 1, nothing ?? 2],
      keep: held,
      context,
    });
  } finally {
    if (nothing !== null) closeSync(nothing);
  }
}

function streamsFor({ request }: KeptRecord, attendance: Attendance): Streams {
  const relayTerminal = request.terminal;
  // -i without a terminal in the foreground: the descriptor is the container's own.
  const isGiven = request.stdin === 'null' || (attendance.type === 'foreground' && !request.terminal);
  // As docker's StdinOnce: who asked for -i and not for -d wants the end of the input passed on.
  const input = isGiven ? 'launcher' : request.detach ? 'attached' : 'once';
  return { relayTerminal, input, detachKeys: attendance.type === 'foreground' ? attendance.detachKeys : '' };
}

/** What is known of a container, as values. */
import type { HealthResult } from '../container/health/health-file.ts';
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { stopSignalName } from '../container/kept/kept-record.ts';
import type { KeptEnd } from '../container/kept/monitor-files.ts';

/** How a container ended. */
export type ContainerEnd =
  | {
      /** Its monitor saw it. */
      readonly type: 'seen';
      /** The command's status, or 128 + n after signal n. */
      readonly exitCode: number;
      /** For example `SIGKILL`; null: it exited by itself. */
      readonly signal: string | null;
      /** How many of its processes the kernel ended for want of memory. */
      readonly oomKills: number;
      /** When. */
      readonly finished: Date;
    }
  | {
      /** Nobody saw it: its monitor was killed, or the machine went down. */
      readonly type: 'lost';
      /** It ended no later. */
      readonly finished: Date;
    };

/** What a health check has found. */
export interface ContainerHealth {
  /** `starting`: no check has come to an end that counts. */
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  /** Failures in a row. */
  readonly streak: number;
  /** The last five checks, the oldest first. */
  readonly log: readonly HealthProbe[];
}

/** One check. */
export interface HealthProbe {
  /** When it began. */
  readonly start: Date;
  /** When it was over. */
  readonly end: Date;
  /** -1: it could not be started, or took too long. */
  readonly exitCode: number;
  /** 4096 bytes at most. */
  readonly output: string;
}

/** A container at one moment. */
export interface ContainerInspection {
  /** 64 hex digits. */
  readonly id: string;
  /** Its name now. */
  readonly name: string;
  /** What it does now. */
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'exited';
  /** When it was made. */
  readonly created: Date;
  /** When its command started; null: it does not run. */
  readonly started: Date | null;
  /** PID 1 as the host sees it; null: it does not run. */
  readonly pid: number | null;
  /** null: it runs, or never has. */
  readonly exit: ContainerEnd | null;
  /** What its health check says; null: it has none, or does not run. */
  readonly health: ContainerHealth | null;
  /** What it was made from. */
  readonly image: {
    /** As it was asked for. */
    readonly name: string;
    /** null: a directory. */
    readonly id: string | null;
  };
  /** Entrypoint and command. */
  readonly command: readonly string[];
  /** `USER[:GROUP]`; empty: root. */
  readonly user: string;
  /** The image's and its own. */
  readonly labels: Readonly<Record<string, string>>;
  /** For example SIGTERM. */
  readonly stopSignal: string;
  /** Seconds; -1: for ever. */
  readonly stopTimeout: number;
  /** Whether it goes when it ends. */
  readonly rm: boolean;
  /** Absolute directory of its control group; null: it has none. */
  readonly cgroup: string | null;
}

export function inspectionOf({ id, name, state, kept, record, health }: KeptContainer): ContainerInspection {
  const live = state.status === 'running' || state.status === 'paused' ? state.running : null;
  return {
    id,
    name,
    state: state.status,
    created: new Date(kept.created),
    started: live === null ? null : new Date(live.started),
    pid: live?.process.pid ?? null,
    exit: state.status === 'exited' || state.status === 'restarting' ? endOf(state.end) : null,
    health: health === null ? null : { ...health, log: health.log.map(probeOf) },
    image: { name: kept.image.name, id: kept.image.id },
    command: kept.command,
    user: kept.user,
    labels: kept.request.labels,
    stopSignal: stopSignalName(kept),
    stopTimeout: kept.request.stopTimeout,
    rm: kept.removal === 'at-end',
    cgroup: record.cgroup,
  };
}

const probeOf = ({ start, end, exitCode, output }: HealthResult): HealthProbe => ({
  start: new Date(start),
  end: new Date(end),
  exitCode,
  output,
});

export const endOf = (end: KeptEnd): ContainerEnd => ({ ...end, finished: new Date(end.finished) });

/** How the monitor runs a plan, and the bytes of it that stand before the steps: native/plan/header.h. */
import type { ByteWriter } from './byte-writer.ts';

/** How the monitor runs the plan. Mirrors `Header` in native/plan/header.h. */
export interface LaunchHeader {
  /** A message for each finished step, for `--explain`. */
  readonly reportProgress: boolean;
  readonly lifetime: Lifetime;
  readonly streams: Streams;
  /** Control group whose cgroup.kill ends the container; '' when it has none of its own. */
  readonly killCgroup: string;
  /** null: nothing of the container is kept after its end. */
  readonly record: MonitorRecord | null;
  /** null: it is no container of `run`, and nobody is told. */
  readonly events: MonitorEventTarget | null;
  /** null: nobody looks how the container is. */
  readonly health: MonitorHealth | null;
}

/** Mirrors `Health` in native/plan/header.h. Times are milliseconds. */
export interface MonitorHealth {
  readonly interval: number;
  readonly timeout: number;
  readonly retries: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly onFailure: 'none' | 'kill' | 'restart';
  readonly stopSignal: number;
  readonly stopTimeout: number;
}

/** Where the monitor writes events, and of what they tell. Mirrors `EventTarget` in native/plan/header.h. */
export interface MonitorEventTarget {
  /** Absolute. */
  readonly file: string;
  readonly id: string;
  /** Members of a JSON object, without its braces; not empty. */
  readonly attributes: string;
  /** A volume at each place where one is mounted; `attributes` are those of its event `mount`. */
  readonly volumes: readonly { readonly name: string; readonly attributes: string }[];
}

/** What passes between the launcher's standard streams and the container's. */
export interface Streams {
  /** The monitor relays between the console and its own standard input and output. */
  readonly relayTerminal: boolean;
  /**
   * Where standard input comes from: the launcher's descriptor or, for a kept container, whoever attaches. `once`: it ends
   * when the first of them has no more; of a terminal that makes no difference.
   */
  readonly input: 'launcher' | 'attached' | 'once';
  /** With these keys the person at the launcher's terminal lets go of a container with a record, or of an exec; '': none. */
  readonly detachKeys: string;
}

/** Descriptors that are handed over as they are. */
export const givenStreams: Streams = { relayTerminal: false, input: 'launcher', detachKeys: '' };

/** What the monitor of a kept container writes. Mirrors `Record` in native/plan/header.h. */
export interface MonitorRecord {
  /** Absolute; the monitor writes `running`, `exit` and `log` there. */
  readonly directory: string;
  /** null: no log; what is not a terminal's is then the launcher's own descriptors, and nobody can attach. */
  readonly log:
    | {
        readonly keeps: 'files';
        /** Bytes after which it is rotated; not 0. */
        readonly size: number;
        /** How many there are at most, the one that is written among them. */
        readonly files: number;
      }
    /** What is printed passes the monitor all the same, for who attaches. */
    | { readonly keeps: 'nothing' }
    | null;
  /** A monitor without a launcher ends by executing it, with every lock free; empty: it just ends. */
  readonly epilogue: readonly string[];
  readonly epilogueEnv: readonly string[];
  /** `restart`: only where the file `restart` asks for it, and after a while: native/monitor/restart.cc. */
  readonly epilogueWhen: 'ended' | 'restart';
}

/**
 * How long the monitor lives.
 *
 * - `launcher`: as long as the container, and the container no longer than the launcher's connection;
 * - `handover`: until PID 1 is its new parent's, the caller's subreaper. With a step `wait-start`: until `handed-over`;
 *   without (exec in the background): until `started`. Before that a closed connection ends the container too; after
 *   it nothing of ours is left;
 * - `own`: as long as the container. Before `started` a closed connection ends it; after it the launcher may go.
 */
export type Lifetime = 'launcher' | 'handover' | 'own';

const inputSource = { launcher: 0, attached: 1, once: 2 } as const;
const lifetime = { launcher: 0, handover: 1, own: 2 } as const;
const onFailure = { none: 0, kill: 1, restart: 2 } as const;

export function writeHeader(w: ByteWriter, header: LaunchHeader): void {
  const { relayTerminal, input, detachKeys } = header.streams;
  w.flag(header.reportProgress).u8(lifetime[header.lifetime]).flag(relayTerminal).string(header.killCgroup);
  w.u8(inputSource[input]).string(detachKeys);
  writeRecord(w, header.record);
  const { file, id, attributes, volumes } = header.events ?? { file: '', id: '', attributes: '', volumes: [] };
  w.string(file).string(id).string(attributes);
  w.list(volumes, (volume) => w.string(volume.name).string(volume.attributes));
  const health = header.health ?? noHealth;
  w.u32(health.interval).u32(health.timeout).u32(health.retries).u32(health.startPeriod).u32(health.startInterval);
  w.u8(onFailure[health.onFailure]).u32(health.stopSignal).u32(health.stopTimeout);
}

function writeRecord(w: ByteWriter, record: MonitorRecord | null): void {
  const { directory, log, epilogue, epilogueEnv, epilogueWhen } = record ?? notKept;
  const { size, files } = log === null ? noLog : log.keeps === 'nothing' ? { size: 0, files: 1 } : log;
  w.string(directory).u64(BigInt(size)).u32(files).u32(epilogue.length);
  for (const word of epilogue) w.string(word);
  w.u32(epilogueEnv.length);
  for (const word of epilogueEnv) w.string(word);
  w.flag(epilogueWhen === 'restart');
}

const noLog = { size: 0, files: 0 };
const noHealth: MonitorHealth = {
  interval: 0,
  timeout: 0,
  retries: 0,
  startPeriod: 0,
  startInterval: 0,
  onFailure: 'none',
  stopSignal: 0,
  stopTimeout: 0,
};
const notKept: MonitorRecord = { directory: '', log: null, epilogue: [], epilogueEnv: [], epilogueWhen: 'ended' };

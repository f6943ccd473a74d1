/** What is written down of a container that is kept after its end: enough to start it again. The file `kept.json`. */
import { signalName } from '../../oci/signals.ts';
import type { HealthCheck } from '../health/health-check.ts';
import { defaultLog } from '../request/log.ts';
import type { RunRequest } from '../request/run-request.ts';

export interface KeptRecord {
  /** RFC 3339. */
  readonly created: string;
  readonly image: {
    /** What opens it again: its id, or the directory it is. */
    readonly argument: string;
    /** As it was asked for. */
    readonly name: string;
    /** null: a directory. */
    readonly id: string | null;
  };
  /** Entrypoint and command. */
  readonly command: readonly string[];
  /** The first words of it. */
  readonly entrypoint: readonly string[];
  /** As asked for, or the image's: a name or number, with a group maybe. */
  readonly user: string;
  readonly stopSignal: number;
  /** `--rm`: its directory goes when it ends. */
  readonly removal: 'at-end' | 'by-hand';
  /** null: nobody looks how it is. */
  readonly health: HealthCheck | null;
  readonly request: RunRequest;
}

/** For example SIGTERM. */
export const stopSignalName = ({ stopSignal }: KeptRecord): string => signalName(stopSignal);

/** Numbers that JSON has no words for go as text. */
export function encodeKept(record: KeptRecord): string {
  const { request } = record;
  const { ulimits, time } = request;
  return JSON.stringify({
    version: 1,
    ...record,
    request: {
      ...request,
      ulimits: ulimits.map(({ name, soft, hard }) => ({ name, soft: String(soft), hard: String(hard) })),
      time: time === null ? null : { monotonic: String(time.monotonic), boottime: String(time.boottime) },
    },
  });
}

type WithText<T> = { readonly [Key in keyof T]: T[Key] extends bigint ? string : T[Key] };
interface Encoded extends Omit<KeptRecord, 'request'> {
  readonly version: number;
  readonly request: Omit<RunRequest, 'ulimits' | 'time'> & {
    readonly ulimits: readonly WithText<RunRequest['ulimits'][number]>[];
    readonly time: WithText<NonNullable<RunRequest['time']>> | null;
  };
}

/** null: not a whole record, or of another version. The file is ours, in a directory of ours: its fields are believed. */
export function parseKept(text: string): KeptRecord | null {
  let value: Encoded;
  try {
    value = JSON.parse(text) as Encoded;
  } catch {
    return null;
  }
  if (value.version !== 1) return null;
  // Of one that was made before they were told apart: all is command.
  const { entrypoint = [] } = value as { readonly entrypoint?: readonly string[] };
  const { created, image, command, user, stopSignal, removal, health = null, request } = value;
  const { ulimits, time, mounts, log = defaultLog } = request;
  return {
    created,
    image,
    command,
    entrypoint,
    user,
    stopSignal,
    removal,
    health,
    request: {
      ...request,
      // Of one that was made before there were parts of volumes and other logs.
      log,
      mounts: mounts.map((mount) =>
        mount.type === 'chosen-volume' ? { ...mount, subpath: mount.subpath ?? '' } : mount,
      ),
      ulimits: ulimits.map(({ name, soft, hard }) => ({ name, soft: BigInt(soft), hard: BigInt(hard) })),
      time: time === null ? null : { monotonic: BigInt(time.monotonic), boottime: BigInt(time.boottime) },
    },
  };
}

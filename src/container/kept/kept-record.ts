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

/** Numbers that JSON has no words for go as text. The request comes last, and a line break behind it: what ends so is whole. */
export function encodeKept({ request, ...record }: KeptRecord): string {
  const { ulimits, time } = request;
  const text = JSON.stringify({
    version: 1,
    ...record,
    request: {
      ...request,
      ulimits: ulimits.map(({ name, soft, hard }) => ({ name, soft: String(soft), hard: String(hard) })),
      time: time === null ? null : { monotonic: String(time.monotonic), boottime: String(time.boottime) },
    },
  });
  return `${text}\n`;
}

type WithText<T> = { readonly [Key in keyof T]: T[Key] extends bigint ? string : T[Key] };
type EncodedRequest = Omit<RunRequest, 'ulimits' | 'time'> & {
  readonly ulimits: readonly WithText<RunRequest['ulimits'][number]>[];
  readonly time: WithText<NonNullable<RunRequest['time']>> | null;
};
/** Of one that was made before there were health checks, and before entrypoint and command were told apart. */
type Later = 'health' | 'entrypoint';
type EncodedHead = Omit<KeptRecord, 'request' | Later> &
  Partial<Pick<KeptRecord, Later>> & { readonly version: number };

/** Inside a string its quotes would have backslashes before them. */
const requestKey = ',"request":';

/**
 * The request is not read before somebody asks for it: it is most of the file, and `ps` of hundreds has no question to it.
 * What it would be as text is not made either.
 *
 * @returns null: not a whole record, or of another version. The file is ours, in a directory of ours: its fields are believed.
 */
export function parseKept(text: string): KeptRecord | null {
  const at = text.indexOf(requestKey);
  if (at < 0 || !isWhole(text)) return null;
  let head: EncodedHead;
  try {
    head = JSON.parse(`${text.slice(0, at)}}`) as EncodedHead;
  } catch {
    return null;
  }
  if (head.version !== 1) return null;
  const { created, image, command, entrypoint = [], user, stopSignal, removal, health = null } = head;
  let request: RunRequest | null = null;
  return {
    created,
    image,
    command,
    entrypoint,
    user,
    stopSignal,
    removal,
    health,
    get request() {
      request ??= parseRequest(text.slice(at + requestKey.length, text.lastIndexOf('}')));
      return request;
    },
  };
}

/** Of one that was made before there was a line break, by a look at all of it. */
function isWhole(text: string): boolean {
  if (text.endsWith('\n')) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parseRequest(text: string): RunRequest {
  const request = JSON.parse(text) as EncodedRequest;
  const { ulimits, time, mounts, log = defaultLog, expose = [], publishAll = false } = request;
  return {
    ...request,
    // Of one that was made before there were parts of volumes, other logs and exposed ports.
    log,
    expose,
    publishAll,
    mounts: mounts.map((mount) =>
      mount.type === 'chosen-volume' ? { ...mount, subpath: mount.subpath ?? '' } : mount,
    ),
    ulimits: ulimits.map(({ name, soft, hard }) => ({ name, soft: BigInt(soft), hard: BigInt(hard) })),
    time: time === null ? null : { monotonic: BigInt(time.monotonic), boottime: BigInt(time.boottime) },
  };
}

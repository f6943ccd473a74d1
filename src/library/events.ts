/** `events`: what happens to containers and images, as it happens. */
import { eventFilter } from '../container/event-filter.ts';
import { followEvents } from '../container/follow-events.ts';
import { type Abortable, aborted } from './abort.ts';
import { momentOf } from './logs.ts';
import { type PlaceOptions, pathsOf } from './places.ts';

/** Conditions: of several for one key one has to hold, of several keys all. */
export interface EventFilters {
  /** Name, or the beginning of the id. */
  readonly container?: string | readonly string[];
  /** For example `die`; `health_status` is all of its kinds. */
  readonly event?: string | readonly string[];
  /** `container`, `image` or `volume`. */
  readonly type?: string | readonly string[];
  /** Name or id of the image. */
  readonly image?: string | readonly string[];
  /** Name of a volume, or its beginning: what happened to that. */
  readonly volume?: string | readonly string[];
  /** `KEY` or `KEY=VALUE`. */
  readonly label?: string | readonly string[];
}

/** Which events. */
export interface EventsOptions extends PlaceOptions, Abortable {
  /** Default: all. */
  readonly filters?: EventFilters;
  /** Those from then on: a Date, `2026-01-02T03:04:05Z`, or an age such as `10m`. Default: from the call on. */
  readonly since?: Date | string;
  /** Ends then; a time that has passed ends it with what there is. Default: never. */
  readonly until?: Date | string;
}

/** One thing that happened: docker's words. */
export interface ContainerEvent {
  /** What it happened to. */
  readonly type: 'container' | 'image' | 'volume';
  /** `create`, `start`, `die`, `oom`, `health_status: healthy`, ... */
  readonly action: string;
  /** The container's id, the image's, or the volume's name; '' of `prune`. */
  readonly id: string;
  /** `name`, `image`, the labels, and what belongs to the action: `exitCode` of `die`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** When, to the millisecond. */
  readonly time: Date;
  /** Nanoseconds since 1970. */
  readonly timeNano: bigint;
}

/**
 * What happens from the call on, whoever does it. The reader may be as slow as it likes.
 *
 * @throws TsrunError USAGE for a time that is none, ABORTED
 * @example
 * for await (const { attributes } of events({ filters: { event: 'die' } })) console.log(attributes.name, attributes.exitCode);
 */
export function events(options: EventsOptions = {}): AsyncIterable<ContainerEvent> {
  // Now, not at the first reading: what happens in between belongs to it.
  const now = Date.now();
  const { since, until } = options;
  const shows = eventFilter(wordsOf(options.filters ?? {}));
  const [from, to] = [
    since === undefined && until === undefined
      ? nanoseconds(new Date(now).toISOString())
      : momentNanoseconds(since, 'since'),
    momentNanoseconds(until, 'until'),
  ];
  const left = to === null ? null : Number(to / 1_000_000n) - now;
  return follow(options, { from, to, left }, shows);
}

interface Span {
  readonly from: bigint | null;
  readonly to: bigint | null;
  /** Milliseconds until its end; null: none. */
  readonly left: number | null;
}

async function* follow(
  options: EventsOptions,
  { from, to, left }: Span,
  shows: ReturnType<typeof eventFilter>,
): AsyncGenerator<ContainerEvent> {
  const { signal } = options;
  const ends = [
    ...(signal === undefined ? [] : [signal]),
    // The longest that a timer takes: 24 days.
    ...(left === null ? [] : [AbortSignal.timeout(Math.min(Math.max(left, 0), 2 ** 31 - 1))]),
  ];
  const end = left !== null && left <= 0 ? null : AbortSignal.any(ends);
  for await (const found of followEvents(pathsOf(options), end)) {
    for (const event of found) {
      if (signal?.aborted) break;
      const { type, action, id, attributes, time } = event;
      if ((from !== null && time < from) || (to !== null && time > to) || !shows(event)) continue;
      yield { type, action, id, attributes, time: new Date(Number(time / 1_000_000n)), timeNano: time };
    }
  }
  if (signal?.aborted) throw aborted('following events', signal);
}

const wordsOf = (filters: EventFilters): readonly string[] =>
  Object.entries(filters).flatMap(([key, given]: [string, string | readonly string[] | undefined]) =>
    (given === undefined ? [] : typeof given === 'string' ? [given] : given).map((value) => `${key}=${value}`),
  );

const momentNanoseconds = (given: Date | string | undefined, option: string): bigint | null =>
  given === undefined ? null : nanoseconds(momentOf(given, option));

/** @param time RFC 3339 in UTC */
function nanoseconds(time: string): bigint {
  const [seconds = '', fraction = ''] = time.replace('Z', '').split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

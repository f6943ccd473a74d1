/** `tsrun images --filter`: docker's keys, and `label!` of podman's. */
import { parseBoolean } from '../container/request/boolean.ts';
import { logTime } from '../container/request/moment.ts';
import { nearest } from '../errors/nearest.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { ImageSummary } from '../image/list-images.ts';
import { hasLabel } from './filter-condition.ts';

/** Whether an image, under one of its names (null: it has none), is wanted. */
type Wants = (image: ImageSummary, name: string | null) => boolean;

/** What a condition is compared with. */
export interface FilterContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /**
   * When a stored image was made, ISO 8601; null: it does not say.
   *
   * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS
   */
  readonly createdOf: (reference: string) => string | null;
}

const kinds: Readonly<Record<string, (value: string, context: FilterContext) => Wants>> = {
  dangling: (value) => {
    const dangling = parseBoolean(value, 'dangling of --filter');
    return (_, name) => (name === null) === dangling;
  },
  label: (value) => {
    const has = hasLabel(value);
    return ({ labels }) => has(labels);
  },
  'label!': (value) => {
    const has = hasLabel(value);
    return ({ labels }) => !has(labels);
  },
  reference: (value) => {
    const pattern = globPattern(value);
    return (_, name) => name !== null && (pattern.test(name) || pattern.test(name.replace(/:[^:/]*$/, '')));
  },
  before: (value, context) => {
    const moment = momentOfImage('before', value, context);
    return made((created) => created < moment);
  },
  since: (value, context) => {
    const moment = momentOfImage('since', value, context);
    return made((created) => created > moment);
  },
  until: (value, { now }) => {
    const moment = logTime(value, '--filter until', now);
    return made((created) => created < moment);
  },
};

/** Of these one has to fit; of the others, as with docker, all. */
const alternatives: readonly string[] = ['dangling', 'reference'];

/**
 * What is wanted of the stored images: of several kinds each condition has to hold.
 *
 * @example imageFilter(['dangling=false', 'reference=team/*'], context)
 * @throws TsrunError USAGE; IMAGE_NOT_FOUND and IMAGE_AMBIGUOUS for `before` and `since`
 */
export function imageFilter(given: readonly string[], context: FilterContext): Wants {
  const byKind = new Map<string, Wants[]>();
  for (const text of given) {
    const [, kind = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const make = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (make === undefined) throw unknown(text, kind || text);
    byKind.set(kind, [...(byKind.get(kind) ?? []), make(value, context)]);
  }
  return (image, name) =>
    [...byKind].every(([kind, list]) =>
      alternatives.includes(kind)
        ? list.some((wants) => wants(image, name))
        : list.every((wants) => wants(image, name)),
    );
}

/** As docker: an image that does not say when it was made is neither before nor after anything. */
const made =
  (fits: (created: string) => boolean): Wants =>
  ({ created }) => {
    const moment = comparable(created);
    return moment !== null && fits(moment);
  };

/** As `logTime` writes it, to the nanosecond: of images built in a row several may be of one millisecond. */
function comparable(created: string | null): string | null {
  const [, second, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(created ?? '') ?? [];
  const at = second === undefined ? Number.NaN : Date.parse(`${second}${zone}`);
  return Number.isNaN(at)
    ? null
    : `${new Date(at).toISOString().slice(0, -'.000Z'.length)}.${fraction.padEnd(9, '0')}Z`;
}

function momentOfImage(kind: string, reference: string, { createdOf }: FilterContext): string {
  const moment = comparable(createdOf(reference));
  if (moment !== null) return moment;
  throw refused(`${kind}=${reference}`, 'that image does not say when it was made', 'name another, or write until=24h');
}

/** Go's path.Match: `*` and `?` stop at a slash. */
function globPattern(glob: string): RegExp {
  const escaped = glob.replaceAll(/[.+^${}()|\\[\]]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`);
}

function unknown(text: string, kind: string): TsrunError {
  const close = nearest(kind, Object.keys(kinds));
  const hint = close === null ? 'write for example dangling=true' : `did you mean "${close}="?`;
  return refused(text, `"${kind}" is not a filter; they are ${Object.keys(kinds).join(', ')}`, hint);
}

const refused = (text: string, why: string, hint: string): TsrunError =>
  new TsrunError('USAGE', `invalid value "${text}" for --filter`, { why, hint });

/** `tsrun images --filter`: docker's filters, as far as a store without registries answers them. */
import { nearest } from '../errors/nearest.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { ImageSummary } from '../image/list-images.ts';

/** Whether an image, under one of its names (null: it has none), is wanted. */
type Wants = (image: ImageSummary, name: string | null) => boolean;

const kinds: Readonly<Record<string, (value: string) => Wants>> = {
  dangling: (value) => {
    if (value !== 'true' && value !== 'false') throw refused(`dangling=${value}`, 'dangling is true or false');
    return (_, name) => (name === null) === (value === 'true');
  },
  label: (value) => {
    const equals = value.indexOf('=');
    const [key, wanted] = equals === -1 ? [value, null] : [value.slice(0, equals), value.slice(equals + 1)];
    return ({ labels }) => Object.hasOwn(labels, key) && (wanted === null || labels[key] === wanted);
  },
  reference: (value) => {
    const pattern = globPattern(value);
    return (_, name) => name !== null && (pattern.test(name) || pattern.test(name.replace(/:[^:/]*$/, '')));
  },
};

/**
 * Of several of one kind one has to fit, of several kinds each, as with docker.
 *
 * @example imageFilter(['dangling=false', 'reference=team/*'])
 * @throws TsrunError USAGE
 */
export function imageFilter(given: readonly string[]): Wants {
  const byKind = new Map<string, Wants[]>();
  for (const text of given) {
    const [, kind = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const make = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (make === undefined) throw unknown(text, kind || text);
    byKind.set(kind, [...(byKind.get(kind) ?? []), make(value)]);
  }
  return (image, name) => [...byKind.values()].every((some) => some.some((wants) => wants(image, name)));
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

const refused = (text: string, why: string, hint = 'write for example dangling=true'): TsrunError =>
  new TsrunError('USAGE', `invalid value "${text}" for --filter`, { why, hint });

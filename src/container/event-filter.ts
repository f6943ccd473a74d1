/** `--filter KEY=VALUE` of `events`: docker's keys. */

import type { Event } from '../events/event.ts';
import { badValue } from './request/bad-value.ts';

type Condition = (event: Event) => boolean;

const conditions: Readonly<Record<string, (value: string) => Condition>> = {
  container: (value) => (event) => event.type === 'container' && isNamed(event, value),
  event:
    (value) =>
    ({ action }) =>
      // `health_status` is all of `health_status: healthy` and its like.
      action === value || action.startsWith(`${value}:`),
  type:
    (value) =>
    ({ type }) =>
      type === value,
  image: (value) => (event) => {
    const image = event.type === 'image' ? event.attributes['name'] : event.attributes['image'];
    return image === value || image === `${value}:latest` || (event.type === 'image' && isNamed(event, value));
  },
  // As docker: the beginning of the name is enough.
  volume: (value) => (event) => event.type === 'volume' && event.id.startsWith(value),
  label: (value) => {
    const [key = '', wanted] = split(value);
    return ({ attributes }) => Object.hasOwn(attributes, key) && (wanted === undefined || attributes[key] === wanted);
  },
};

/** By its name, or the beginning of its id. */
const isNamed = ({ id, attributes }: Event, value: string): boolean =>
  attributes['name'] === value || (/^[0-9a-f]+$/.test(value) && id.replace(/^sha256:/, '').startsWith(value));

/** Of these several have to hold all at once. */
const conjunctions: readonly string[] = ['label'];

/**
 * Several of one key: one of them, but all of the labels; several keys: all of them.
 *
 * @throws TsrunError USAGE
 */
export function eventFilter(given: readonly string[]): Condition {
  const byKey = new Map<string, Condition[]>();
  for (const each of given) {
    const [key = '', value = ''] = split(each);
    const make = Object.hasOwn(conditions, key) ? conditions[key] : undefined;
    if (make === undefined) {
      throw badValue('--filter', each, 'there is no such key', `known are ${Object.keys(conditions).join(', ')}`);
    }
    byKey.set(key, [...(byKey.get(key) ?? []), make(value)]);
  }
  return (event) =>
    [...byKey].every(([key, list]) =>
      conjunctions.includes(key)
        ? list.every((condition) => condition(event))
        : list.some((condition) => condition(event)),
    );
}

function split(text: string): readonly [string, string?] {
  const at = text.indexOf('=');
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

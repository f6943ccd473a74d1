/** `--filter` of the commands that remove what is not used: docker's `until`, `label` and `label!`. */
import { badValue } from '../container/request/bad-value.ts';
import { logTime } from '../container/request/moment.ts';

export interface Prunable {
  /** RFC 3339; null: it does not say, and counts as old. */
  readonly created: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

type Condition = (thing: Prunable) => boolean;

/**
 * All of them have to hold.
 *
 * @param now milliseconds since 1970
 * @throws TsrunError USAGE
 */
export function pruneFilter(given: readonly string[], now: number): Condition {
  const conditions = given.map((text): Condition => {
    const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    switch (key) {
      case 'until': {
        const until = logTime(value, '--filter until', now);
        return ({ created }) => created === null || Date.parse(created) < Date.parse(until);
      }
      case 'label':
        return hasLabel(value);
      case 'label!': {
        const has = hasLabel(value);
        return (thing) => !has(thing);
      }
      default:
        throw badValue('--filter', text, 'there is no such key', 'known are until, label and label!');
    }
  });
  return (thing) => conditions.every((condition) => condition(thing));
}

function hasLabel(text: string): Condition {
  const at = text.indexOf('=');
  const key = at === -1 ? text : text.slice(0, at);
  return ({ labels }) => Object.hasOwn(labels, key) && (at === -1 || labels[key] === text.slice(at + 1));
}

/** Where in a document a value stands, and the complaint about what stands there. */
import { TsrunError } from '../../errors/tsrun-error.ts';

/** A linked list from the value up to its document: made for every value, turned into text for a bad one only. */
export type Place =
  /** The whole document; the name is for the message, for example `config.json`. */
  | { readonly type: 'document'; readonly name: string }
  | { readonly type: 'inside'; readonly parent: Place; readonly key: string | number };

export const documentPlace = (name: string): Place => ({ type: 'document', name });

export const inside = (parent: Place, key: string | number): Place => ({ type: 'inside', parent, key });

/**
 * Complains about a place, in one sentence that begins with its path.
 *
 * @param sentence for example `must be an integer, is "64m"`
 * @param hint what the writer of the document can do; '' for none
 * @throws TsrunError CONFIG_INVALID
 * @example fail(inside(inside(documentPlace('config.json'), 'root'), 'path'), 'is missing', '') // "root.path: is missing"
 */
export function fail(at: Place, sentence: string, hint: string): never {
  const path = pathOf(at);
  throw new TsrunError('CONFIG_INVALID', `cannot use ${nameOf(at)}`, {
    why: path === '' ? `it ${sentence}` : `${path}: ${sentence}`,
    ...(hint === '' ? {} : { hint }),
  });
}

function nameOf(at: Place): string {
  let place = at;
  while (place.type === 'inside') place = place.parent;
  return place.name;
}

/** As jq writes it: `mounts[3].options[0]`, `linux.sysctl["net.ipv4.ip_forward"]`. */
function pathOf(at: Place): string {
  const parts: string[] = [];
  for (let place = at; place.type === 'inside'; place = place.parent) {
    const { key } = place;
    if (typeof key === 'number') parts.unshift(`[${key}]`);
    else parts.unshift(/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && key.length <= longest ? `.${key}` : `[${shown(key)}]`);
  }
  return parts.join('').replace(/^\./, '');
}

const longest = 60;

/** A value for a message: strings cut short and escaped (they may come from anybody), lists and objects by their kind. */
export function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return String(value);
  return value.length <= longest ? JSON.stringify(value) : `${JSON.stringify(value.slice(0, longest))}...`;
}

/** `--tmpfs TARGET[:OPTIONS]` and the tmpfs side of `--mount`. */

import { nearest } from '../../errors/nearest.ts';
import type { MountAttributes } from '../../plan/plan.ts';
import { parseMountTarget } from './absolute-path.ts';
import { badValue, type OptionName } from './bad-value.ts';
import type { MountRequest } from './run-request.ts';
import { parseSize } from './size.ts';

/** docker's defaults for a tmpfs that a person asked for. */
export const tmpfsAttributes: MountAttributes = {
  readonly: false,
  nosuid: true,
  nodev: true,
  noexec: true,
  atime: 'relatime',
  nodiratime: false,
  nosymfollow: false,
};

const flags: Readonly<Record<string, Partial<MountAttributes>>> = {
  ro: { readonly: true },
  rw: { readonly: false },
  nosuid: { nosuid: true },
  suid: { nosuid: false },
  nodev: { nodev: true },
  dev: { nodev: false },
  noexec: { noexec: true },
  exec: { noexec: false },
  noatime: { atime: 'noatime' },
  atime: { atime: 'strictatime' },
  relatime: { atime: 'relatime' },
  strictatime: { atime: 'strictatime' },
  nodiratime: { nodiratime: true },
  diratime: { nodiratime: false },
  // docker's default and the only propagation that makes sense for a filesystem nobody else sees.
  private: {},
  rprivate: {},
};

/** Parameters of tmpfs(5) and the form of their values. */
const parameters: Readonly<Record<string, RegExp>> = {
  size: /^(\d{1,3}%|.+)$/,
  mode: /^0?[0-7]{1,4}$/,
  uid: /^\d{1,10}$/,
  gid: /^\d{1,10}$/,
  nr_inodes: /^\d+[kmg]?$/i,
  nr_blocks: /^\d+[kmg]?$/i,
};

/**
 * @example parseTmpfs('/run:size=64m,mode=1777', '--tmpfs')
 * @throws TsrunError USAGE
 */
export function parseTmpfs(value: string, name: OptionName): MountRequest {
  const colon = value.indexOf(':');
  const target = colon === -1 ? value : value.slice(0, colon);
  const words =
    colon === -1
      ? []
      : value
          .slice(colon + 1)
          .split(',')
          .filter((word) => word !== '');
  return tmpfsRequest(parseMountTarget(target, value, name), words, value, name);
}

/** The request for a target and option words such as `ro`, `size=64m` or `tmpcopyup`. */
export function tmpfsRequest(target: string, words: readonly string[], value: string, name: OptionName): MountRequest {
  let attributes = tmpfsAttributes;
  const chosen: string[] = [];
  let copyUp = false;
  for (const word of words) {
    if (word === 'tmpcopyup' || word === 'notmpcopyup') copyUp = word === 'tmpcopyup';
    else if (word.includes('=')) chosen.push(parameter(word, value, name));
    else if (Object.hasOwn(flags, word)) attributes = { ...attributes, ...flags[word] };
    else throw unknownWord(word, value, name);
  }
  return { type: 'tmpfs', target, attributes, parameters: chosen, copyUp };
}

function parameter(word: string, value: string, name: OptionName): string {
  const equals = word.indexOf('=');
  const key = word.slice(0, equals);
  const text = word.slice(equals + 1);
  const form = Object.hasOwn(parameters, key) ? parameters[key] : undefined;
  if (form === undefined) throw unknownWord(key, value, name);
  if (!form.test(text))
    throw badValue(name, value, `"${text}" is no value for ${key}`, 'write for example size=64m,mode=1777');
  if (key !== 'size' || text.endsWith('%')) return word;
  // The kernel reads only integers with k, m or g; the unit is settled here, once.
  return `size=${parseSize(text, `size of ${name}`)}`;
}

function unknownWord(word: string, value: string, name: OptionName): Error {
  const close = nearest(word, [...Object.keys(flags), ...Object.keys(parameters), 'tmpcopyup']);
  return badValue(
    name,
    value,
    `"${word}" is not an option of tmpfs; they are size, mode, uid, gid, nr_inodes, nr_blocks, ro, exec, suid, dev, noatime, tmpcopyup`,
    close === null ? 'write for example /run:size=64m,mode=1777' : `did you mean "${close}"?`,
  );
}

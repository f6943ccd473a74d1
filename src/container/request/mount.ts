/** `--mount type=bind|tmpfs,KEY=VALUE,...` with docker's keys. */
import { resolve } from 'node:path';
import { nearest } from '../../errors/nearest.ts';
import type { Propagation } from '../../plan/plan.ts';
import { parseMountTarget } from './absolute-path.ts';
import { badValue, notYet, type OptionName } from './bad-value.ts';
import { parseBoolean } from './boolean.ts';
import { splitCsv } from './csv.ts';
import { parseOneOf } from './one-of.ts';
import type { MountRequest } from './run-request.ts';
import { parseSize } from './size.ts';
import { tmpfsRequest } from './tmpfs.ts';

/** Every spelling of a key, and the key it means. */
const keys: Readonly<Record<string, string>> = {
  type: 'type',
  source: 'source',
  src: 'source',
  target: 'target',
  dst: 'target',
  destination: 'target',
  readonly: 'readonly',
  ro: 'readonly',
  'bind-propagation': 'bind-propagation',
  'bind-recursive': 'bind-recursive',
  'bind-nonrecursive': 'bind-nonrecursive',
  'bind-create-src': 'bind-create-src',
  'tmpfs-size': 'tmpfs-size',
  'tmpfs-mode': 'tmpfs-mode',
  'tmpfs-options': 'tmpfs-options',
  consistency: 'consistency',
};
const onlyBind = ['source', 'bind-propagation', 'bind-recursive', 'bind-nonrecursive', 'bind-create-src'];
const onlyTmpfs = ['tmpfs-size', 'tmpfs-mode', 'tmpfs-options'];
/** docker's other types, which are recognised to say so. */
const unbuilt: readonly string[] = ['volume', 'image', 'npipe', 'cluster'];
const propagations = ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'] as const;

type Fields = ReadonlyMap<string, string>;

/**
 * @param cwd what a relative source is relative to.
 * @example parseMount('type=bind,source=./src,target=/src,readonly', '/home/me', '--mount')
 * @throws TsrunError USAGE; NOT_YET for volumes and images
 */
export function parseMount(value: string, cwd: string, name: OptionName): MountRequest {
  const fields = readFields(value, name);
  const given = fields.get('type');
  if (given === undefined || unbuilt.includes(given)) {
    const why =
      given === undefined ? 'without a type docker means a volume, which is not built' : `type=${given} is not built`;
    throw notYet(name, value, why, 'use type=bind or type=tmpfs');
  }
  const type = parseOneOf(given, ['bind', 'tmpfs'], `type of ${name}`);
  for (const key of type === 'bind' ? onlyTmpfs : onlyBind) {
    if (fields.has(key)) throw badValue(name, value, `${key} does not go with type=${type}`, `leave ${key} out`);
  }
  const target = fields.get('target');
  if (target === undefined) throw badValue(name, value, 'there is no target', 'add target=/path/in/container');
  const mountPoint = parseMountTarget(target, value, name);
  return type === 'bind' ? bind(fields, mountPoint, cwd, value, name) : tmpfs(fields, mountPoint, value, name);
}

function readFields(value: string, name: OptionName): Fields {
  const fields = new Map<string, string>();
  for (const field of splitCsv(value, name)) {
    const equals = field.indexOf('=');
    const given = (equals === -1 ? field : field.slice(0, equals)).trim().toLowerCase();
    const key = Object.hasOwn(keys, given) ? keys[given] : undefined;
    if (key === undefined) {
      const volumeKey = given.startsWith('volume-') || given.startsWith('image-');
      if (volumeKey)
        throw notYet(
          name,
          value,
          `${given} belongs to a kind of mount that is not built`,
          'use type=bind or type=tmpfs',
        );
      const close = nearest(given, Object.keys(keys));
      throw badValue(
        name,
        value,
        `"${given}" is not a key of a mount; they are ${[...new Set(Object.values(keys))].join(', ')}`,
        close === null ? 'write for example type=bind,source=./src,target=/src' : `did you mean "${close}"?`,
      );
    }
    if (fields.has(key)) throw badValue(name, value, `${key} is given twice`, 'give it once');
    const isSwitch = key === 'readonly' || key === 'bind-nonrecursive' || key === 'bind-create-src';
    if (equals === -1 && !isSwitch) throw badValue(name, value, `${given} has no value`, `write ${given}=VALUE`);
    fields.set(key, equals === -1 ? 'true' : field.slice(equals + 1));
  }
  return fields;
}

const isOn = (fields: Fields, key: string, name: OptionName): boolean => {
  const text = fields.get(key);
  return text !== undefined && parseBoolean(text, `${key} of ${name}`);
};

function bind(fields: Fields, target: string, cwd: string, value: string, name: OptionName): MountRequest {
  const source = fields.get('source');
  if (source === undefined || source === '')
    throw badValue(name, value, 'there is no source', 'add source=/path/on/host');
  const word = parseOneOf(fields.get('bind-propagation') ?? 'rprivate', propagations, `bind-propagation of ${name}`);
  const recursion = parseOneOf(
    fields.get('bind-recursive') ?? (isOn(fields, 'bind-nonrecursive', name) ? 'disabled' : 'enabled'),
    ['enabled', 'disabled', 'writable', 'readonly'],
    `bind-recursive of ${name}`,
  );
  const readonly = isOn(fields, 'readonly', name);
  if (recursion === 'readonly' && !readonly) {
    throw badValue(name, value, 'bind-recursive=readonly needs readonly', 'add readonly');
  }
  return {
    type: 'bind',
    source: resolve(cwd, source),
    target,
    access: !readonly ? 'rw' : recursion === 'writable' || recursion === 'disabled' ? 'ro' : 'rro',
    propagation: (word.startsWith('r') ? word.slice(1) : word) as Propagation,
    recursive: recursion !== 'disabled',
    missingSource: isOn(fields, 'bind-create-src', name) ? 'create' : 'refuse',
  };
}

function tmpfs(fields: Fields, target: string, value: string, name: OptionName): MountRequest {
  const words = (fields.get('tmpfs-options') ?? '').split(',').filter((word) => word !== '');
  const size = fields.get('tmpfs-size');
  if (size !== undefined) words.push(`size=${parseSize(size, `tmpfs-size of ${name}`)}`);
  const mode = fields.get('tmpfs-mode');
  if (mode !== undefined) words.push(`mode=${mode}`);
  if (isOn(fields, 'readonly', name)) words.push('ro');
  return tmpfsRequest(target, words, value, name);
}

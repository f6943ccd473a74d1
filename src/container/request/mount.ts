/** `--mount type=volume|bind|tmpfs,KEY=VALUE,...` with docker's keys. */
import { resolve } from 'node:path';
import { nearest } from '../../errors/nearest.ts';
import type { Propagation } from '../../plan/plan.ts';
import { parseMountTarget } from './absolute-path.ts';
import { badValue, notYet, type OptionName } from './bad-value.ts';
import { parseBoolean } from './boolean.ts';
import { splitCsv } from './csv.ts';
import { localDriver, parseDriverOptions } from './driver-options.ts';
import { parseLabels } from './labels.ts';
import { parseVolumeName } from './names.ts';
import { parseOneOf } from './one-of.ts';
import type { MountRequest } from './run-request.ts';
import { parseSize } from './size.ts';
import { parseSubpath } from './subpath.ts';
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
  'volume-nocopy': 'volume-nocopy',
  'volume-label': 'volume-label',
  'volume-driver': 'volume-driver',
  'volume-opt': 'volume-opt',
  'volume-subpath': 'volume-subpath',
  consistency: 'consistency',
};
/** The types that a key goes with, where it does not go with all. */
const typesOf = (key: string): readonly string[] => {
  if (key === 'source') return ['bind', 'volume'];
  const [type = ''] = key.split('-', 1);
  return ['bind', 'tmpfs', 'volume'].includes(type) ? [type] : ['bind', 'tmpfs', 'volume'];
};
const switches = ['readonly', 'bind-nonrecursive', 'bind-create-src', 'volume-nocopy'];
/** What may be said more than once: `volume-label=a=1,volume-label=b=2`. */
const lists = ['volume-label', 'volume-opt'];
/** docker's other types, which are recognised to say so. */
const unbuilt: readonly string[] = ['image', 'npipe', 'cluster'];
const propagations = ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared'] as const;

/** Every value of each key; only those of `lists` have several. */
type MountFields = ReadonlyMap<string, readonly string[]>;

/**
 * @param cwd what a relative source is relative to.
 * @example parseMount('type=bind,source=./src,target=/src,readonly', '/home/me', '--mount')
 * @throws TsrunError USAGE; NOT_YET for images
 */
export function parseMount(value: string, cwd: string, name: OptionName): MountRequest {
  const fields = readFields(value, name);
  // As docker: a mount without a type is a volume.
  const given = lastOf(fields, 'type') ?? 'volume';
  if (unbuilt.includes(given)) {
    throw notYet(name, value, `type=${given} is not built`, 'use type=volume, type=bind or type=tmpfs');
  }
  const type = parseOneOf(given, ['volume', 'bind', 'tmpfs'], `type of ${name}`);
  for (const key of fields.keys()) {
    if (!typesOf(key).includes(type)) {
      const hint = lastOf(fields, 'type') === undefined ? `say type=${typesOf(key)[0]}` : `leave ${key} out`;
      throw badValue(name, value, `${key} does not go with type=${type}`, hint);
    }
  }
  const target = lastOf(fields, 'target');
  if (target === undefined) throw badValue(name, value, 'there is no target', 'add target=/path/in/container');
  const mountPoint = parseMountTarget(target, value, name);
  switch (type) {
    case 'volume':
      return volume(fields, mountPoint, value, name);
    case 'bind':
      return bind(fields, mountPoint, cwd, value, name);
    case 'tmpfs':
      return tmpfs(fields, mountPoint, value, name);
  }
}

const lastOf = (fields: MountFields, key: string): string | undefined => fields.get(key)?.at(-1);

function readFields(value: string, name: OptionName): MountFields {
  const fields = new Map<string, readonly string[]>();
  for (const field of splitCsv(value, name)) {
    const equals = field.indexOf('=');
    const given = (equals === -1 ? field : field.slice(0, equals)).trim().toLowerCase();
    const key = Object.hasOwn(keys, given) ? keys[given] : undefined;
    if (key === undefined) {
      if (given.startsWith('image-')) {
        throw notYet(name, value, `${given} belongs to a kind of mount that is not built`, 'use another type');
      }
      const close = nearest(given, Object.keys(keys));
      throw badValue(
        name,
        value,
        `"${given}" is not a key of a mount; they are ${[...new Set(Object.values(keys))].join(', ')}`,
        close === null ? 'write for example type=bind,source=./src,target=/src' : `did you mean "${close}"?`,
      );
    }
    const before = fields.get(key) ?? [];
    if (before.length > 0 && !lists.includes(key)) {
      throw badValue(name, value, `${key} is given twice`, 'give it once');
    }
    if (equals === -1 && !switches.includes(key)) {
      throw badValue(name, value, `${given} has no value`, `write ${given}=VALUE`);
    }
    fields.set(key, [...before, equals === -1 ? 'true' : field.slice(equals + 1)]);
  }
  return fields;
}

const isOn = (fields: MountFields, key: string, name: OptionName): boolean => {
  const text = lastOf(fields, key);
  return text !== undefined && parseBoolean(text, `${key} of ${name}`);
};

function volume(fields: MountFields, target: string, value: string, name: OptionName): MountRequest {
  const source = lastOf(fields, 'source') ?? '';
  if (source.startsWith('/') || source.startsWith('.')) {
    throw badValue(name, value, `"${source}" is a path, and a volume has a name`, 'for a directory say type=bind');
  }
  const asked = lastOf(fields, 'volume-subpath');
  const subpath = asked === undefined ? '' : parseSubpath(asked, value, name);
  const driver = lastOf(fields, 'volume-driver') ?? localDriver;
  return {
    type: 'volume',
    name: source === '' ? null : parseVolumeName(source, value, name),
    target,
    access: isOn(fields, 'readonly', name) ? 'ro' : 'rw',
    subpath,
    // What the image has there belongs to no part of a volume more than to another.
    copyUp: subpath === '' && !isOn(fields, 'volume-nocopy', name),
    labels: parseLabels(fields.get('volume-label') ?? [], `volume-label of ${name}`),
    driverOptions: parseDriverOptions(driver, fields.get('volume-opt') ?? [], name),
  };
}

function bind(fields: MountFields, target: string, cwd: string, value: string, name: OptionName): MountRequest {
  const source = lastOf(fields, 'source');
  if (source === undefined || source === '')
    throw badValue(name, value, 'there is no source', 'add source=/path/on/host');
  const word = parseOneOf(
    lastOf(fields, 'bind-propagation') ?? 'rprivate',
    propagations,
    `bind-propagation of ${name}`,
  );
  const recursion = parseOneOf(
    lastOf(fields, 'bind-recursive') ?? (isOn(fields, 'bind-nonrecursive', name) ? 'disabled' : 'enabled'),
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

function tmpfs(fields: MountFields, target: string, value: string, name: OptionName): MountRequest {
  const words = (lastOf(fields, 'tmpfs-options') ?? '').split(',').filter((word) => word !== '');
  const size = lastOf(fields, 'tmpfs-size');
  if (size !== undefined) words.push(`size=${parseSize(size, `tmpfs-size of ${name}`)}`);
  const mode = lastOf(fields, 'tmpfs-mode');
  if (mode !== undefined) words.push(`mode=${mode}`);
  if (isOn(fields, 'readonly', name)) words.push('ro');
  return tmpfsRequest(target, words, value, name);
}

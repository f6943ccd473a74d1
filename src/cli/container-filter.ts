/** `--filter KEY=VALUE` of `ps`: docker's keys. */

import { findKept } from '../container/kept/find-kept.ts';
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { exitCodeOfEnd } from '../container/kept/monitor-files.ts';
import { badValue } from '../container/request/bad-value.ts';
import type { Paths } from '../host/paths.ts';
import { exposesPort, parsePorts } from './port-filter.ts';
import { networkNames, publishedPorts } from './published-ports.ts';

type Condition = (container: KeptContainer) => boolean;

const conditions: Readonly<Record<string, (value: string, paths: Paths) => Condition>> = {
  id: (value) => {
    const pattern = patternOf('id', value);
    return ({ id }) => pattern.test(id);
  },
  // As docker: part of a name is enough, and a slash before it does not matter.
  name: (value) => {
    const pattern = patternOf('name', value);
    return ({ name }) => pattern.test(name) || pattern.test(`/${name}`);
  },
  label: (value) => {
    const [key = '', wanted] = split(value);
    return ({ kept }) =>
      Object.hasOwn(kept.request.labels, key) && (wanted === undefined || kept.request.labels[key] === wanted);
  },
  status: (value) => {
    const status = wordOf('status', value, [
      'created',
      'running',
      'paused',
      'restarting',
      'exited',
      // docker's other two, in which no container of ours can be seen.
      'removing',
      'dead',
    ]);
    return ({ state }) => state.status === status;
  },
  health: (value) => {
    const status = wordOf('health', value, ['starting', 'healthy', 'unhealthy', 'none']);
    return ({ health }) => (health?.status ?? 'none') === status;
  },
  ancestor:
    (value) =>
    ({ kept }) =>
      kept.image.name === value ||
      kept.image.name === `${value}:latest` ||
      (kept.image.id?.replace('sha256:', '').startsWith(value.replace('sha256:', '')) ?? false),
  before: (value, paths) => {
    const { created } = findKept(paths, value).kept;
    return ({ kept }) => kept.created < created;
  },
  since: (value, paths) => {
    const { created } = findKept(paths, value).kept;
    return ({ kept }) => kept.created > created;
  },
  // As docker: the name of a volume, or where something is mounted.
  volume:
    (value) =>
    ({ kept }) =>
      kept.request.mounts.some(
        (mount) => mount.target === value || (mount.type === 'chosen-volume' && mount.name === value),
      ),
  network:
    (value) =>
    ({ kept }) =>
      networkNames(kept.request).includes(value),
  expose: (value, paths) => {
    const ports = parsePorts('expose', value);
    return ({ kept }) =>
      exposesPort(paths, kept.image.id, ports) ||
      kept.request.expose.some(
        ({ port, protocol }) => protocol === ports.protocol && ports.first <= port && port <= ports.last,
      );
  },
  publish: (value) => {
    const ports = parsePorts('publish', value);
    return (container) =>
      publishedPorts(container).some(
        ({ protocol, containerPort }) =>
          protocol === ports.protocol && containerPort >= ports.first && containerPort <= ports.last,
      );
  },
  exited: (value) => {
    if (!/^\d{1,3}$/.test(value)) {
      throw badValue('--filter', `exited=${value}`, 'it is no exit code', 'write a number, for example exited=1');
    }
    return ({ state }) => state.status === 'exited' && exitCodeOfEnd(state.end) === Number(value);
  },
};

/** Of these several have to hold all at once. */
const conjunctions: readonly string[] = ['label'];

/** Matches anywhere in what it is about. @throws TsrunError USAGE */
function patternOf(key: string, value: string): RegExp {
  try {
    return new RegExp(value);
  } catch (error) {
    const why = `it is no regular expression: ${(error as SyntaxError).message.replace(/^.*: /, '')}`;
    throw badValue('--filter', `${key}=${value}`, why, 'put a backslash before a character that stands for itself');
  }
}

function wordOf(key: string, value: string, words: readonly string[]): string {
  if (words.includes(value)) return value;
  throw badValue('--filter', `${key}=${value}`, `there is no such ${key}`, `it is one of ${words.join(', ')}`);
}

/**
 * Several of one key: one of them, but all of the labels; several keys: all of them.
 *
 * @throws TsrunError USAGE; CONTAINER_NOT_FOUND for `before` and `since`
 */
export function containerFilter(
  given: readonly string[],
  paths: Paths,
): {
  readonly shows: Condition;
  /** Whether the state was asked for: then those that do not run count too. */
  readonly namesState: boolean;
} {
  const byKey = new Map<string, Condition[]>();
  for (const each of given) {
    const [key = '', value = ''] = split(each);
    const make = Object.hasOwn(conditions, key) ? conditions[key] : undefined;
    if (make === undefined) {
      throw badValue('--filter', each, 'there is no such key', `known are ${Object.keys(conditions).join(', ')}`);
    }
    byKey.set(key, [...(byKey.get(key) ?? []), make(value, paths)]);
  }
  return {
    shows: (container) =>
      [...byKey].every(([key, list]) =>
        conjunctions.includes(key)
          ? list.every((condition) => condition(container))
          : list.some((condition) => condition(container)),
      ),
    namesState: byKey.has('status') || byKey.has('exited'),
  };
}

function split(text: string): readonly [string, string?] {
  const at = text.indexOf('=');
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** `--filter KEY=VALUE` of `ps`: docker's keys, as far as there is something to ask. */
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { badValue } from '../container/request/bad-value.ts';
import { exitCodeOfEnd } from './container-rows.ts';

type Condition = (container: KeptContainer) => boolean;

const conditions: Readonly<Record<string, (value: string) => Condition>> = {
  id:
    (value) =>
    ({ id }) =>
      id.startsWith(value),
  // As docker: part of a name is enough.
  name:
    (value) =>
    ({ name }) =>
      name.includes(value.replace(/^\//, '')),
  label: (value) => {
    const [key = '', wanted] = split(value);
    return ({ kept }) =>
      Object.hasOwn(kept.request.labels, key) && (wanted === undefined || kept.request.labels[key] === wanted);
  },
  status: (value) => {
    if (!['created', 'restarting', 'running', 'paused', 'exited'].includes(value)) {
      throw badValue(
        '--filter',
        `status=${value}`,
        'there is no such status',
        'it is created, running, paused, restarting or exited',
      );
    }
    return ({ state }) => state.status === value;
  },
  health: (value) => {
    if (!['starting', 'healthy', 'unhealthy', 'none'].includes(value)) {
      throw badValue(
        '--filter',
        `health=${value}`,
        'there is no such state of health',
        'it is starting, healthy, unhealthy or none',
      );
    }
    return ({ health }) => (health?.status ?? 'none') === value;
  },
  ancestor:
    (value) =>
    ({ kept }) =>
      kept.image.name === value ||
      kept.image.name === `${value}:latest` ||
      (kept.image.id?.replace('sha256:', '').startsWith(value.replace('sha256:', '')) ?? false),
  // As docker: the name of a volume, or where something is mounted.
  volume:
    (value) =>
    ({ kept }) =>
      kept.request.mounts.some(
        (mount) => mount.target === value || (mount.type === 'chosen-volume' && mount.name === value),
      ),
  exited:
    (value) =>
    ({ state }) =>
      state.status === 'exited' && exitCodeOfEnd(state.end) === Number(value),
};

/**
 * Several of one key: one of them; several keys: all of them.
 *
 * @throws TsrunError USAGE
 */
export function containerFilter(given: readonly string[]): {
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
    byKey.set(key, [...(byKey.get(key) ?? []), make(value)]);
  }
  return {
    shows: (container) => [...byKey.values()].every((any) => any.some((condition) => condition(container))),
    namesState: byKey.has('status') || byKey.has('exited'),
  };
}

function split(text: string): readonly [string, string?] {
  const at = text.indexOf('=');
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

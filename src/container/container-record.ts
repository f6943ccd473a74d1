/** What has to be known to remove a container that died: the first thing written into its directory. */
import type { UserNamespace } from '../plan/host-facts.ts';
import type { IdMap } from '../plan/plan.ts';
import type { ContainerId } from './request/run-request.ts';

export interface ContainerRecord {
  readonly version: 1;
  readonly id: ContainerId;
  readonly name: string;
  /** Absolute directory of its control group, or null. */
  readonly cgroup: string | null;
  /** The user namespace whose ids own its files. */
  readonly userns: UserNamespace;
}

/** null: not a whole record, or not of this version. */
export function parseRecord(text: string): ContainerRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its writer was killed in between.
    return null;
  }
  if (!isObject(value) || value['version'] !== 1) return null;
  const { id, name, cgroup } = value;
  if (typeof id !== 'string' || !/^[0-9a-f]{64}$/.test(id) || typeof name !== 'string') return null;
  if (cgroup !== null && !(typeof cgroup === 'string' && cgroup.startsWith('/'))) return null;
  const userns = parseUserNamespace(value['userns']);
  return userns === null ? null : { version: 1, id: id as ContainerId, name, cgroup, userns };
}

function parseUserNamespace(value: unknown): UserNamespace | null {
  if (!isObject(value)) return null;
  if (value['type'] === 'host') return { type: 'host' };
  const { type, uids, gids, writer } = value;
  const known = writers.find((each) => each === writer);
  if (type !== 'new' || known === undefined || !isIdMaps(uids) || !isIdMaps(gids)) return null;
  return { type, uids, gids, writer: known };
}

const writers = ['direct', 'newidmap', 'single'] as const;

const isIdMaps = (value: unknown): value is readonly IdMap[] =>
  Array.isArray(value) &&
  value.every((map: unknown) => isObject(map) && [map['container'], map['host'], map['size']].every(isId));

const isId = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

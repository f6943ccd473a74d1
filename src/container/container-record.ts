/** What has to be known to remove a container that died: the first thing written into its directory. */
import type { UserNamespace } from '../plan/host-facts.ts';
import type { IdMap } from '../plan/plan.ts';
import type { ContainerId, VolumeMount } from './request/run-request.ts';

/** A volume that a container has, whether it runs or not. */
export type VolumeUse = Pick<VolumeMount, 'name' | 'kind'>;

export interface ContainerRecord {
  readonly version: 1;
  readonly id: ContainerId;
  readonly name: string;
  /** Absolute directory of its control group, or null. */
  readonly cgroup: string | null;
  /** The user namespace whose ids own its files. */
  readonly userns: UserNamespace;
  /** Written before they are made: whoever would remove one of them looks here. */
  readonly volumes: readonly VolumeUse[];
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
  // Of a container made before there were volumes: none.
  const volumes = value['volumes'] ?? [];
  if (userns === null || !isVolumeUses(volumes)) return null;
  return { version: 1, id: id as ContainerId, name, cgroup, userns, volumes };
}

const isVolumeUses = (value: unknown): value is readonly VolumeUse[] =>
  Array.isArray(value) &&
  value.every(
    (use: unknown) =>
      isObject(use) && typeof use['name'] === 'string' && (use['kind'] === 'named' || use['kind'] === 'anonymous'),
  );

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

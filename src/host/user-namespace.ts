/** In which user namespace this process is. */
import { readFileSync } from 'node:fs';
import type { UserNamespace } from '../plan/host-facts.ts';
import type { IdMap } from '../plan/plan.ts';

/** Whether it is another than the machine's first: there the map is not the whole range, user_namespaces(7). */
export const inUserNamespace = (): boolean =>
  !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1'));

/** The text of a uid_map or gid_map. */
export const parseIdMap = (text: string): readonly IdMap[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [container = 0, host = 0, size = 0] = line.trim().split(/\s+/).map(Number);
      return { container, host, size };
    });

/**
 * Who an id of a user namespace is outside, by the text of its uid_map; the id itself where that does not say.
 *
 * @example outsideId('0 1000 1\n1 100000 65536\n', 0) // 1000
 */
export function outsideId(map: string, id: number): number {
  for (const { container, host, size } of parseIdMap(map)) {
    if (id >= container && id < container + size) return host + id - container;
  }
  return id;
}

/** Whether setgroups(2) is allowed in the user namespace of a process; of what an ordinary user made it is not, for good. */
export const allowsSetGroups = (pid: number | 'self'): boolean =>
  readFileSync(`/proc/${pid}/setgroups`, 'latin1').trim() === 'allow';

const mapText = (maps: readonly IdMap[]): string =>
  maps.map((map) => `${map.container}-${map.host}-${map.size}`).join(',');

/** As native/workbench/mapping.h reads it. */
export const mappingText = (mapping: UserNamespace): string =>
  mapping.type === 'host' ? 'host' : `${mapping.writer}:${mapText(mapping.uids)}:${mapText(mapping.gids)}`;

/** Which id mapping the files of a layer carry, as a short text: part of what names the layer's directory. */
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { IdMap } from '../../plan/plan.ts';

const shown = (maps: readonly IdMap[]): string =>
  maps.map((map) => `${map.container}:${map.host}:${map.size}`).join(',');

/** Equal for mappings that give every file the same owner. */
export const mappingKey = (mapping: UserNamespace): string =>
  mapping.type === 'host' ? 'host' : `u${shown(mapping.uids)};g${shown(mapping.gids)}`;

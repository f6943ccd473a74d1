/** How much is in a volume. */
import { measureTree } from '../../image/layer/measure-tree.ts';
import { volumeOwners } from './owner-ids.ts';
import { dataPath, type Volume } from './volume-store.ts';

/** Bytes; what a volume shows of a directory of the host's is not its own. */
export const measureVolume = (volume: Volume): Promise<number> => measureTree(dataPath(volume), volumeOwners());

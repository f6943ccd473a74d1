/** The name of our table of rules: one for each state directory, so that two of them on one host do not take away each other's. */
import type { Paths } from '../host/paths.ts';
import { sha256Hex } from '../native/sha256.ts';
import type { NftTable } from './netlink/nftables.ts';

const ours = '/run/tsrun';

export const tableFor = ({ state }: Paths): NftTable => ({
  family: 'inet',
  name: state === ours ? 'tsrun' : `tsrun-${mark(state)}`,
});

/** Of the network that everybody shares. */
export const defaultBridge = ({ state }: Paths): string => (state === ours ? 'tsrun0' : `tsrun-${mark(state)}`);

const mark = (path: string): string => sha256Hex(path).slice(0, 8);

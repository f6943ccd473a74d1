/** Words that name something in the store. */
import type { KeptContainer, KeptState } from '../../container/kept/kept-container.ts';
import { listKept } from '../../container/kept/list-kept.ts';
import { listVolumes } from '../../container/volumes/volume-store.ts';
import type { Paths } from '../../host/paths.ts';
import { listImages } from '../../image/list-images.ts';
import { listNetworks } from '../../network/network-store.ts';
import { formatSubnet } from '../../network/subnet.ts';
import { humanSize } from '../human.ts';

export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** In which states a container is one for a command; all others take every one. */
const fitting: Readonly<Record<string, readonly KeptState['status'][]>> = {
  start: ['created', 'exited'],
  stop: ['running', 'paused'],
  kill: ['running', 'paused'],
  pause: ['running'],
  unpause: ['paused'],
  exec: ['running'],
  attach: ['running'],
  top: ['running', 'paused'],
  ps: ['running', 'paused'],
};

/** Names; ids only for who begins to type one. */
export function containerNames(paths: Paths, command: string, begun: string): readonly Candidate[] {
  const states = fitting[command];
  return listKept(paths)
    .filter(({ state }) => states === undefined || states.includes(state.status))
    .flatMap((container) => [
      { word: container.name, about: aboutContainer(container) },
      ...idsOf(container.id, begun).map((word) => ({ word, about: container.name })),
    ]);
}

export async function imageNames(paths: Paths, begun: string): Promise<readonly Candidate[]> {
  return (await listImages(paths)).flatMap(({ id, names, bytes }) => [
    ...names.map((word) => ({ word, about: humanSize(bytes) })),
    ...idsOf(id.replace(/^sha256:/, ''), begun).map((word) => ({ word, about: names[0] ?? humanSize(bytes) })),
  ]);
}

export const volumeNames = (paths: Paths): readonly Candidate[] =>
  listVolumes(paths).map(({ name }) => ({ word: name, about: 'volume' }));

export const networkNames = (paths: Paths): readonly Candidate[] =>
  listNetworks(paths).map(({ name, subnets }) => ({
    word: name,
    about: subnets.map(({ subnet }) => formatSubnet(subnet)).join(', '),
  }));

const idsOf = (id: string, begun: string): readonly string[] =>
  begun !== '' && id.startsWith(begun) ? [begun.length > 12 ? id : id.slice(0, 12)] : [];

const aboutContainer = ({ state, kept }: KeptContainer): string => `${state.status}, ${kept.image.name}`;

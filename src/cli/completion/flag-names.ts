/** Values of flags that name something in the store: volumes, containers, images. */
import type { Paths } from '../../host/paths.ts';
import { type Candidate, containerNames, imageNames, networkNames, volumeNames } from './names.ts';

type Names = (paths: Paths) => readonly Candidate[] | Promise<readonly Candidate[]>;

const containers: Names = (paths) => containerNames(paths, '', '');
const images: Names = (paths) => imageNames(paths, '');

/** What `KEY=` of `--filter` is followed by; a command's own before that. */
const filterNames: Readonly<Record<string, Names>> = {
  volume: volumeNames,
  container: containers,
  before: containers,
  since: containers,
  ancestor: images,
  image: images,
  'ps name': containers,
  'ls name': volumeNames,
  'images before': images,
  'images since': images,
};

/**
 * @param value as far as it was typed
 * @example await flagNames('run', 'mount', 'type=volume,source=', paths) // [{ word: 'type=volume,source=data', about: 'volume' }]
 */
export async function flagNames(
  command: string,
  flag: string,
  value: string,
  paths: Paths,
): Promise<readonly Candidate[]> {
  switch (flag) {
    case 'volume':
      // Behind the name follows the place; what has a slash is a path of the host.
      return volumeNames(paths).map(({ word, about }) => ({ word: `${word}:`, about }));
    case 'network':
      return networkNames(paths);
    case 'volumes-from':
      return containers(paths);
    case 'mount': {
      const [, before, type = 'volume'] = /^((?:type=(\w+),)?(?:.*,)?(?:source|src)=)[^,]*$/.exec(value) ?? [];
      return before === undefined || type !== 'volume' ? [] : behind(before, volumeNames(paths));
    }
    case 'filter': {
      const [before = '', key = ''] = /^([^=]*)=/.exec(value) ?? [];
      const names = filterNames[`${command} ${key}`] ?? filterNames[key];
      return names === undefined ? [] : behind(before, await names(paths));
    }
    default:
      return [];
  }
}

const behind = (before: string, names: readonly Candidate[]): readonly Candidate[] =>
  names.map(({ word, about }) => ({ word: before + word, about }));

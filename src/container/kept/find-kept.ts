/** The container that a person means. */
import { join } from 'node:path';
import { nearest } from '../../errors/nearest.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { namesDirectory, readNameHolder } from '../container-directory.ts';
import { type KeptContainer, readKept } from './kept-container.ts';
import { listKept } from './list-kept.ts';

/**
 * By its name, its id, or the beginning of its id.
 *
 * @throws TsrunError CONTAINER_NOT_FOUND, CONTAINER_AMBIGUOUS
 * @example findKept(paths, 'web')
 */
export function findKept(paths: Paths, word: string): KeptContainer {
  const id = byName(paths, word) ?? byPrefix(paths, word);
  const found = id === null ? null : readKept(paths, id);
  if (found !== null) return found;
  const names = listKept(paths).map(({ name }) => name);
  const close = nearest(word, names);
  throw new TsrunError('CONTAINER_NOT_FOUND', `no such container: ${word}`, {
    why: names.length === 0 ? 'there are no containers' : 'no container has that name or id',
    hint: close === null ? 'tsrun ps -a lists them' : `did you mean "${close}"?`,
  });
}

function byName(paths: Paths, word: string): string | null {
  if (!/^[\w.-]+$/.test(word) || word === '.' || word === '..') return null;
  return readNameHolder(join(namesDirectory(paths), word));
}

function byPrefix(paths: Paths, word: string): string | null {
  if (!/^[0-9a-f]{1,64}$/.test(word)) return null;
  const fitting = listKept(paths).filter(({ id }) => id.startsWith(word));
  const [only] = fitting;
  if (fitting.length < 2) return only?.id ?? null;
  throw new TsrunError('CONTAINER_AMBIGUOUS', `cannot tell which container "${word}" means`, {
    why: `the ids of ${fitting.length} containers begin so`,
    hint: `give more digits: ${fitting.map(({ id }) => id.slice(0, 12)).join(', ')}`,
  });
}

/** What the commands that remove what is not used have in common. */
import type { Command } from 'commander';
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { listKept } from '../container/kept/list-kept.ts';
import { type PrunedContainers, pruneKept } from '../container/kept/prune-kept.ts';
import { type PrunedVolumes, pruneVolumes } from '../container/volumes/prune-volumes.ts';
import { isAnonymous } from '../container/volumes/volume-record.ts';
import type { Paths } from '../host/paths.ts';
import { type PrunedImages, pruneImages } from '../image/prune-images.ts';
import { appendCondition } from './filter-condition.ts';
import { humanSize } from './human.ts';
import { pruneFilter } from './prune-filter.ts';

export interface PruneFlags {
  readonly force?: boolean;
  readonly filter?: readonly string[];
}

export const addPruneFlags = (command: Command): Command =>
  command
    .option('-f, --force', 'do not ask')
    .option(
      '--filter <condition>',
      'only what fits: until=24h, label=KEY[=VALUE] or label!=KEY[=VALUE]',
      (text: string, before: readonly string[] = []) => appendCondition(text, before),
    );

/** @throws TsrunError USAGE for a filter that means nothing */
export function pruneContainers(paths: Paths, { filter = [] }: PruneFlags): Promise<PrunedContainers> {
  const fits = pruneFilter(filter, Date.now());
  return pruneKept(paths, ({ kept }: KeptContainer) => fits({ created: kept.created, labels: kept.request.labels }));
}

/** @throws TsrunError USAGE for a filter that means nothing */
export function pruneStoredImages(
  paths: Paths,
  { filter = [] }: PruneFlags,
  which: 'dangling' | 'unused',
): Promise<PrunedImages> {
  const fits = pruneFilter(filter, Date.now());
  const usedBy = (id: string): readonly string[] =>
    listKept(paths).flatMap(({ kept, name }) => (kept.image.id === id ? [name] : []));
  return pruneImages(paths, which, usedBy, fits);
}

/** @throws TsrunError USAGE for a filter that means nothing */
export function pruneUnusedVolumes(
  paths: Paths,
  { filter = [] }: PruneFlags,
  which: 'anonymous' | 'all',
): Promise<PrunedVolumes> {
  const fits = pruneFilter(filter, Date.now());
  return pruneVolumes(paths, ({ record }) => (which === 'all' || isAnonymous(record)) && fits(record));
}

/** docker's words: a heading, what went, and an empty line; nothing when nothing went. */
export const deletedLines = (heading: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${heading}:\n${lines.join('\n')}\n\n`;

export const imageLines = ({ images }: PrunedImages): readonly string[] =>
  images.flatMap(({ id, names }) => [...names.map((name) => `untagged: ${name}`), `deleted: ${id}`]);

export const reclaimed = (bytes: number): string => `Total reclaimed space: ${humanSize(bytes)}`;

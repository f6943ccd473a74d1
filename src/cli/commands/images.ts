/** `tsrun images`. */
import type { Command } from 'commander';
import { imageCreated, listImages } from '../../image/list-images.ts';
import type { CommandContext } from '../command-table.ts';
import { appendCondition } from '../filter-condition.ts';
import { formatRows } from '../format-rows.ts';
import { imageFilter } from '../image-filter.ts';
import { type ImageRow, imageRows } from '../image-rows.ts';
import { print } from '../output.ts';

interface Flags {
  readonly quiet?: boolean;
  readonly digests?: boolean;
  readonly filter?: readonly string[];
  readonly trunc: boolean;
  readonly format?: string;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('[name]', 'only images of this repository, or repository:tag')
    .option('-a, --all', 'every image, which is so anyway')
    .option('--digests', "the manifests' digests too")
    .option(
      '-f, --filter <filter>',
      'only what fits: reference=PATTERN, before=IMAGE, since=IMAGE, until=24h, label=KEY[=VALUE], label!=KEY ' +
        'or dangling=true',
      (text, before: readonly string[] = []) => appendCondition(text, before),
    )
    .option('-q, --quiet', 'only the ids')
    .option('--no-trunc', 'whole ids')
    .option(
      '--format <format>',
      "json, or a template such as '{{.Repository}}:{{.Tag}}'; 'table ...' aligns its columns",
    )
    .action(async (name: string | undefined, flags: Flags) => {
      const paths = session.paths();
      const now = Date.now();
      const wants = imageFilter(flags.filter ?? [], { now, createdOf: (word) => imageCreated(paths, word) });
      const rows = imageRows(await listImages(paths), now, flags.trunc ? 'short' : 'full', wants);
      const chosen = rows.filter(
        (row) => name === undefined || name === row.Repository || name === `${row.Repository}:${row.Tag}`,
      );
      const text = imagesText(chosen, flags);
      if (text !== '') print(text);
    });
}

export function imagesText(
  rows: readonly ImageRow[],
  { quiet, format, digests }: Pick<Flags, 'quiet' | 'format' | 'digests'>,
): string {
  if (quiet === true) return [...new Set(rows.map(({ ID }) => ID))].join('\n');
  return formatRows(rows, format, { headings, columns: columns(digests === true) });
}

const columns = (digests: boolean): string =>
  `{{.Repository}}\t{{.Tag}}\t${digests ? '{{.Digest}}\t' : ''}{{.ID}}\t{{.CreatedSince}}\t{{.Size}}`;

/** docker's. */
const headings: ImageRow = {
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  ID: 'IMAGE ID',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  Size: 'SIZE',
  Containers: 'CONTAINERS',
  SharedSize: 'SHARED SIZE',
  UniqueSize: 'UNIQUE SIZE',
  VirtualSize: 'SIZE',
};

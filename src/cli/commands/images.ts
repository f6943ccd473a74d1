/** `tsrun images`. */
import type { Command } from 'commander';
import { listImages } from '../../image/list-images.ts';
import type { CommandContext } from '../command-table.ts';
import { type ImageRow, imageRows } from '../image-rows.ts';
import { print } from '../output.ts';
import { formatTable } from '../table.ts';
import { compileTemplate } from '../template.ts';

interface Flags {
  readonly quiet?: boolean;
  readonly trunc: boolean;
  readonly format?: string;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('[name]', 'only images of this repository, or repository:tag')
    .option('-q, --quiet', 'only the ids')
    .option('--no-trunc', 'whole ids')
    .option('--format <format>', "table, json, or a template such as '{{.Repository}}:{{.Tag}}'")
    .action(async (name: string | undefined, flags: Flags) => {
      const rows = imageRows(await listImages(session.paths()), Date.now(), flags.trunc ? 'short' : 'full');
      const chosen = rows.filter(
        (row) => name === undefined || name === row.Repository || name === `${row.Repository}:${row.Tag}`,
      );
      const text = imagesText(chosen, flags);
      if (text !== '') print(text);
    });
}

export function imagesText(rows: readonly ImageRow[], { quiet, format }: Pick<Flags, 'quiet' | 'format'>): string {
  if (quiet === true) return [...new Set(rows.map(({ ID }) => ID))].join('\n');
  if (format === 'json') return rows.map((row) => JSON.stringify(row)).join('\n');
  if (format !== undefined && format !== 'table') return rows.map(compileTemplate(format)).join('\n');
  return formatTable(
    ['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE'],
    rows.map((row) => [row.Repository, row.Tag, row.ID, row.CreatedSince, row.Size]),
  );
}

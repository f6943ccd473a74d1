/** `tsrun volume ls`. */
import type { Command } from 'commander';
import { sweep } from '../../../container/sweep.ts';
import { sweepVolumes } from '../../../container/volumes/remove-volume.ts';
import { listVolumes } from '../../../container/volumes/volume-store.ts';
import { usedVolumes } from '../../../container/volumes/volume-uses.ts';
import type { CommandContext } from '../../command-table.ts';
import { appendCondition } from '../../filter-condition.ts';
import { formatRows } from '../../format-rows.ts';
import { print } from '../../output.ts';
import { volumeFilter } from '../../volume-filter.ts';
import { volumeRow } from '../../volume-row.ts';

interface Flags {
  readonly quiet?: boolean;
  readonly filter: readonly string[];
  readonly format?: string;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .alias('list')
    .option('-f, --filter <condition>', 'dangling, driver, label or name, as in dangling=true', appendCondition, [])
    .option('--format <format>', "table, json, or a template such as '{{.Name}}: {{.Mountpoint}}'")
    .option('-q, --quiet', 'only the names')
    .action(async ({ quiet, filter, format }: Flags) => {
      const paths = session.paths();
      await sweep(paths);
      await sweepVolumes(paths);
      const shows = volumeFilter(filter, usedVolumes(paths));
      const rows = listVolumes(paths).filter(shows).map(volumeRow);
      const text =
        quiet === true && format === undefined
          ? rows.map(({ Name }) => Name).join('\n')
          : formatRows(rows, format, { headings, columns: '{{.Driver}}\t{{.Name}}' });
      if (text !== '') print(text);
    });
}

const headings = {
  Availability: 'AVAILABILITY',
  Driver: 'DRIVER',
  Group: 'GROUP',
  Labels: 'LABELS',
  Links: 'LINKS',
  Mountpoint: 'MOUNTPOINT',
  Name: 'VOLUME NAME',
  Scope: 'SCOPE',
  Size: 'SIZE',
  Status: 'STATUS',
} as const;

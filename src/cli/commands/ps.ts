/** `tsrun ps`: docker's table of containers. */
import type { Command } from 'commander';
import { findKept } from '../../container/kept/find-kept.ts';
import { isUp, type KeptContainer } from '../../container/kept/kept-container.ts';
import { listSettled } from '../../container/kept/list-settled.ts';
import { badValue } from '../../container/request/bad-value.ts';
import type { Paths } from '../../host/paths.ts';
import { clientRows } from '../client-rows.ts';
import type { CommandContext } from '../command-table.ts';
import { containerFilter } from '../container-filter.ts';
import { type ContainerRow, containerRow } from '../container-rows.ts';
import { appendCondition } from '../filter-condition.ts';
import { formatRows } from '../format-rows.ts';
import { print } from '../output.ts';

interface Flags {
  readonly all?: boolean;
  readonly quiet?: boolean;
  readonly size?: boolean;
  readonly latest?: boolean;
  readonly last?: number;
  readonly trunc: boolean;
  readonly filter: readonly string[];
  readonly format?: string;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('[container]', 'show the processes of this one')
    .option('-a, --all', 'those that do not run too')
    .option('-q, --quiet', 'only the ids')
    .option('-s, --size', 'how much each has written, and with its image')
    .option('-l, --latest', 'only the one made last, running or not')
    .option('-n, --last <number>', 'only so many of those made last, running or not', parseLast)
    .option('--no-trunc', 'whole ids and commands')
    .option(
      '-f, --filter <condition>',
      'id, name, label, status, health, exited, ancestor, before, since, volume, network or expose, as in name=web',
      appendCondition,
      [],
    )
    .option(
      '--format <format>',
      "table, json, or a template such as '{{.Names}}: {{.Status}}'; 'table ...' aligns its columns",
    )
    .action(async (word: string | undefined, flags: Flags) => {
      const paths = session.paths();
      if (word !== undefined) {
        // Loaded here: it is another command under the same name.
        const { containerProcesses, processText } = await import('../process-rows.ts');
        const { quiet = false, format = null } = flags;
        print(processText(containerProcesses(findKept(paths, word)), { quiet, format }));
        return;
      }
      const now = Date.now();
      const containers = chosen(await listSettled(paths), flags, paths);
      const ours = await rowsOf(containers, flags, now, paths);
      const text = psText(ours, flags, await ofClients(paths, flags, now));
      if (text !== '') print(text);
    });
}

function parseLast(text: string): number {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw badValue('--last', text, 'it is a number of containers', 'write for example --last 3');
}

function chosen(all: readonly KeptContainer[], flags: Flags, paths: Paths): readonly KeptContainer[] {
  const { shows, namesState } = containerFilter(flags.filter, paths);
  const last = flags.latest === true ? 1 : (flags.last ?? -1);
  const fitting = all.filter(shows);
  if (last > 0) return fitting.slice(0, last);
  // A condition on the state is about those that do not run as well.
  if (flags.all === true || namesState) return fitting;
  return fitting.filter(isUp);
}

/** Only in the whole list: conditions are about what is known of ours, and an id alone is for commands that take ours. */
async function ofClients(paths: Paths, flags: Flags, now: number): Promise<readonly ContainerRow[]> {
  if (flags.quiet === true || flags.latest === true || flags.last !== undefined || flags.filter.length > 0) return [];
  return await clientRows(paths, flags.all === true ? 'all' : 'running', now, flags.trunc ? 'short' : 'full');
}

async function rowsOf(
  containers: readonly KeptContainer[],
  flags: Flags,
  now: number,
  paths: Paths,
): Promise<readonly ContainerRow[]> {
  const width = flags.trunc ? 'short' : 'full';
  const sized = flags.quiet !== true && (flags.size === true || asksForSize(flags.format ?? ''));
  if (!sized) return containers.map((container) => containerRow(container, now, width, null));
  // Loaded here: it reads every file that was written.
  const { containerSize } = await import('../../container/kept/container-size.ts');
  const rows: ContainerRow[] = [];
  for (const container of containers) {
    rows.push(containerRow(container, now, width, await containerSize(paths, container)));
  }
  return rows;
}

/** As docker: a template that shows the size asks for it. */
const asksForSize = (format: string): boolean => /\.Size\b/.test(format);

function psText(ours: readonly ContainerRow[], { quiet, format, size }: Flags, more: readonly ContainerRow[]): string {
  const rows = [...ours, ...more];
  if (quiet === true) return rows.map(({ ID }) => ID).join('\n');
  const shape = { headings, columns: size === true ? `${columns}\t{{.Size}}` : columns };
  return formatRows(rows, format, shape);
}

const columns = '{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}';

/** docker's. */
const headings = {
  ID: 'CONTAINER ID',
  Image: 'IMAGE',
  Command: 'COMMAND',
  CreatedAt: 'CREATED AT',
  RunningFor: 'CREATED',
  Ports: 'PORTS',
  State: 'STATE',
  Status: 'STATUS',
  Names: 'NAMES',
  Labels: 'LABELS',
  Mounts: 'MOUNTS',
  LocalVolumes: 'LOCAL VOLUMES',
  Networks: 'NETWORKS',
  Size: 'SIZE',
  // The last part of the name, in words.
  Label: (name: unknown) => (String(name).split('.').at(-1) ?? '').replaceAll(/[-_]/g, ' '),
};

/** `system df`: docker's table, and with --verbose a table of each kind of thing. */
import { type KeptContainer, listKept } from '../container/kept/kept-container.ts';
import { isOver } from '../container/kept/prune-kept.ts';
import { writableSize } from '../container/kept/writable-size.ts';
import type { Paths } from '../host/paths.ts';
import { type ImagesUsage, imagesUsage } from '../image/disk-usage.ts';
import { containerRow } from './container-rows.ts';
import { formatRows } from './format-rows.ts';
import { humanSize } from './human.ts';
import { imageRows } from './image-rows.ts';
import { formatTable } from './table.ts';

/** The keys are docker's. */
interface UsageRow extends Readonly<Record<string, string>> {
  readonly Type: string;
  readonly TotalCount: string;
  readonly Active: string;
  readonly Size: string;
  readonly Reclaimable: string;
}

interface SizedContainer {
  readonly container: KeptContainer;
  readonly size: number;
}

export async function diskUsageText(
  paths: Paths,
  { verbose, format }: { readonly verbose?: boolean; readonly format?: string },
  now: number,
): Promise<string> {
  const containers: SizedContainer[] = [];
  for (const container of listKept(paths)) containers.push({ container, size: await writableSize(paths, container) });
  const madeFrom = (id: string): number => containers.filter(({ container }) => container.kept.image.id === id).length;
  const images = await imagesUsage(paths, ({ id }) => madeFrom(id) > 0);
  const rows = usageRows(images, containers, madeFrom);
  if (verbose === true && (format ?? 'table') === 'table')
    return [imagesTable(images, madeFrom, now), containersTable(containers, now)].join('\n\n');
  return formatRows(rows, format, { headings, columns });
}

const columns = '{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}';

const headings: UsageRow = {
  Type: 'TYPE',
  TotalCount: 'TOTAL',
  Active: 'ACTIVE',
  Size: 'SIZE',
  Reclaimable: 'RECLAIMABLE',
};

function usageRows(
  images: ImagesUsage,
  containers: readonly SizedContainer[],
  madeFrom: (id: string) => number,
): readonly UsageRow[] {
  const over = containers.filter(({ container }) => isOver(container));
  const sum = (list: readonly SizedContainer[]): number => list.reduce((total, { size }) => total + size, 0);
  const active = images.images.filter(({ image }) => madeFrom(image.id) > 0);
  return [
    usageRow('Images', images.images.length, active.length, images.size, images.reclaimable),
    usageRow('Containers', containers.length, containers.length - over.length, sum(containers), sum(over)),
  ];
}

function usageRow(type: string, total: number, active: number, size: number, reclaimable: number): UsageRow {
  const share = size === 0 ? 0 : Math.round((reclaimable / size) * 100);
  return {
    Type: type,
    TotalCount: `${total}`,
    Active: `${active}`,
    Size: humanSize(size),
    Reclaimable: `${humanSize(reclaimable)} (${share}%)`,
  };
}

function imagesTable({ images }: ImagesUsage, madeFrom: (id: string) => number, now: number): string {
  const rows = images.flatMap(({ image, size, shared }) =>
    imageRows([image], now, 'short').map((row) => [
      row.Repository,
      row.Tag,
      row.ID,
      row.CreatedSince,
      humanSize(size),
      humanSize(shared),
      humanSize(size - shared),
      `${madeFrom(image.id)}`,
    ]),
  );
  const headings = ['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE', 'SHARED SIZE', 'UNIQUE SIZE', 'CONTAINERS'];
  return `Images space usage:\n\n${formatTable(headings, rows)}`;
}

function containersTable(containers: readonly SizedContainer[], now: number): string {
  const rows = containers.map(({ container, size }) => {
    const row = containerRow(container, now, 'short');
    return [row.ID, row.Image, row.Command, humanSize(size), row.RunningFor, row.Status, row.Names];
  });
  const headings = ['CONTAINER ID', 'IMAGE', 'COMMAND', 'SIZE', 'CREATED', 'STATUS', 'NAMES'];
  return `Containers space usage:\n\n${formatTable(headings, rows)}`;
}

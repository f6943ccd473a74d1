/** `system df`: docker's table, a row for each kind of thing. */
import { isOver } from '../container/kept/prune-kept.ts';
import type { DiskUsage } from './disk-usage.ts';
import { formatRows } from './format-rows.ts';
import { humanSize } from './human.ts';

/** The keys are docker's. */
interface UsageRow extends Readonly<Record<string, string>> {
  readonly Type: string;
  readonly TotalCount: string;
  readonly Active: string;
  readonly Size: string;
  readonly Reclaimable: string;
}

export const diskUsageText = (usage: DiskUsage, format: string | undefined): string =>
  formatRows(usageRows(usage), format, { headings, columns });

const columns = '{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}';

const headings: UsageRow = {
  Type: 'TYPE',
  TotalCount: 'TOTAL',
  Active: 'ACTIVE',
  Size: 'SIZE',
  Reclaimable: 'RECLAIMABLE',
};

function usageRows({ images, containers, volumes, madeFrom }: DiskUsage): readonly UsageRow[] {
  const active = images.images.filter(({ image }) => madeFrom(image.id) > 0);
  return [
    usageRow('Images', images.images.length, active.length, images.size, images.reclaimable),
    countedRow('Containers', containers, ({ container }) => isOver(container)),
    countedRow('Local Volumes', volumes, ({ links }) => links === 0),
  ];
}

function countedRow<Thing extends { readonly size: number }>(
  type: string,
  things: readonly Thing[],
  isUnused: (thing: Thing) => boolean,
): UsageRow {
  const sum = (list: readonly Thing[]): number => list.reduce((total, { size }) => total + size, 0);
  const unused = things.filter(isUnused);
  return usageRow(type, things.length, things.length - unused.length, sum(things), sum(unused));
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

/** `system df -v`: a table of each kind of thing, or all of them as one object with docker's keys. */
import { containerRow } from './container-rows.ts';
import type { DiskUsage, SizedContainer, SizedVolume } from './disk-usage.ts';
import { humanSize } from './human.ts';
import { imageRows } from './image-rows.ts';
import { formatTable } from './table.ts';
import { compileTemplate } from './template.ts';
import { volumeRow } from './volume-row.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * @param now milliseconds since 1970
 * @throws TsrunError USAGE for a template that cannot be understood
 */
export function diskUsageDetails(usage: DiskUsage, format: string | undefined, now: number): string {
  const [Images, Containers, Volumes] = [imageDetails(usage, now), containerDetails(usage, now), volumeDetails(usage)];
  if (format === 'json') return JSON.stringify({ Images, Containers, Volumes });
  if ((format || 'table') !== 'table') return compileTemplate(format ?? '')({ Images, Containers, Volumes });
  return [
    table('Images', Images, imageColumns),
    table('Containers', Containers, containerColumns),
    table('Local Volumes', Volumes, volumeColumns),
  ].join('\n\n');
}

const imageColumns = {
  REPOSITORY: 'Repository',
  TAG: 'Tag',
  'IMAGE ID': 'ID',
  CREATED: 'CreatedSince',
  SIZE: 'Size',
  'SHARED SIZE': 'SharedSize',
  'UNIQUE SIZE': 'UniqueSize',
  CONTAINERS: 'Containers',
} as const;

const containerColumns = {
  'CONTAINER ID': 'ID',
  IMAGE: 'Image',
  COMMAND: 'Command',
  'LOCAL VOLUMES': 'LocalVolumes',
  SIZE: 'Size',
  CREATED: 'RunningFor',
  STATUS: 'Status',
  NAMES: 'Names',
} as const;

const volumeColumns = { 'VOLUME NAME': 'Name', LINKS: 'Links', SIZE: 'Size' } as const;

const table = (title: string, rows: readonly Row[], columns: Readonly<Record<string, string>>): string =>
  `${title} space usage:\n\n${formatTable(
    Object.keys(columns),
    rows.map((row) => Object.values(columns).map((field) => String(row[field] ?? ''))),
  )}`;

const imageDetails = ({ images, madeFrom }: DiskUsage, now: number): readonly Row[] =>
  images.images.flatMap(({ image, size, shared }) =>
    imageRows([image], now, 'short').map((row) => ({
      ...row,
      Size: humanSize(size),
      SharedSize: humanSize(shared),
      UniqueSize: humanSize(size - shared),
      Containers: `${madeFrom(image.id)}`,
    })),
  );

const containerDetails = ({ containers }: DiskUsage, now: number): readonly Row[] =>
  containers.map(({ container, size }: SizedContainer) => ({
    ...containerRow(container, now, 'short'),
    Size: humanSize(size),
  }));

const volumeDetails = ({ volumes }: DiskUsage): readonly Row[] =>
  volumes.map(({ volume, size, links }: SizedVolume) => ({
    ...volumeRow(volume),
    Links: `${links}`,
    Size: humanSize(size),
  }));

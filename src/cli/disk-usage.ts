/** What `system df` counts: images, containers and volumes, and what each takes up. */

import { writableSize } from '../container/kept/container-size.ts';
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { listKept } from '../container/kept/list-kept.ts';
import { measureVolume } from '../container/volumes/measure-volume.ts';
import { listVolumes, type Volume } from '../container/volumes/volume-store.ts';
import { containersWith } from '../container/volumes/volume-uses.ts';
import type { Paths } from '../host/paths.ts';
import { type ImagesUsage, imagesUsage } from '../image/disk-usage.ts';

export interface SizedContainer {
  readonly container: KeptContainer;
  /** Bytes in its writable layer. */
  readonly size: number;
}

export interface SizedVolume {
  readonly volume: Volume;
  /** Bytes of its files. */
  readonly size: number;
  /** How many containers have it. */
  readonly links: number;
}

export interface DiskUsage {
  readonly images: ImagesUsage;
  readonly containers: readonly SizedContainer[];
  readonly volumes: readonly SizedVolume[];
  /** How many containers were made from this image. */
  madeFrom(image: string): number;
}

export async function diskUsage(paths: Paths): Promise<DiskUsage> {
  const containers: SizedContainer[] = [];
  for (const container of listKept(paths)) containers.push({ container, size: await writableSize(paths, container) });
  const madeFrom = (id: string): number => containers.filter(({ container }) => container.kept.image.id === id).length;
  const volumes: SizedVolume[] = [];
  for (const volume of listVolumes(paths)) {
    const links = containersWith(paths, volume.name).length;
    volumes.push({ volume, size: await measureVolume(volume), links });
  }
  return { images: await imagesUsage(paths, ({ id }) => madeFrom(id) > 0), containers, volumes, madeFrom };
}

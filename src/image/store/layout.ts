/**
 * Where things are in the store. All of it can be moved or copied as a whole: no file but the argument cache and an image's
 * `sources` names an absolute path.
 *
 *     blobs/sha256/HEX      config and manifest documents, as they were read
 *     images/HEX.json       one record per image, by the digest of its config
 *     images/HEX.lock       flock: shared while in use or being loaded, exclusive while it is removed
 *     names/KEY.json        one record per name
 *     layers/NAME/          an unpacked layer, an overlay lower directory
 *     layers/NAME.json      what NAME is, and whether it is complete
 *     layers/NAME.lock      flock: exclusive while unpacking or removing, shared until an image record refers to it
 *     layers/NAME.split     how its archive is written again, byte for byte (layer/split/items.ts)
 *     layers/NAME.part/     a layer that is being unpacked
 *     layers/NAME.aside*    a damaged layer and its files, until it was had again
 *     arguments/KEY.json    which image an image file held, by device and inode
 *     synced/BOOT.json      until when of that boot everything is on the disk
 *     pending/RANDOM        flock: held by a process that is changing the store
 *     tmp/                  files being written, each with its own flock
 */

import { makeDirectory } from '../../host/make-directory.ts';
import type { Paths } from '../../host/paths.ts';

export interface StoreLayout {
  readonly root: string;
  readonly blobs: string;
  readonly images: string;
  readonly names: string;
  readonly layers: string;
  readonly arguments: string;
  readonly synced: string;
  readonly pending: string;
  readonly temporary: string;
}

/** The directories of a store; creates nothing. */
export const storeLayout = (paths: Paths): StoreLayout => ({
  root: paths.store,
  blobs: `${paths.store}/blobs/sha256`,
  images: `${paths.store}/images`,
  names: `${paths.store}/names`,
  layers: `${paths.store}/layers`,
  arguments: `${paths.store}/arguments`,
  synced: `${paths.store}/synced`,
  pending: `${paths.store}/pending`,
  temporary: `${paths.store}/tmp`,
});

/** Makes what is missing of the store's directories, readable by their owner only. */
export function makeStore(layout: StoreLayout): void {
  for (const directory of Object.values(layout) as string[]) makeDirectory(directory, 0o700);
}

/** A volume as a row: docker's columns and docker's field names. */
import { localDriver } from '../container/request/driver-options.ts';
import { sourceOf, type Volume } from '../container/volumes/volume-store.ts';

/** The keys are docker's, also those that only clusters have an answer for, and those that `system df -v` counts. */
export const volumeRow = (volume: Volume) => ({
  Availability: 'N/A',
  Driver: localDriver,
  Group: 'N/A',
  Labels: Object.entries(volume.record.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(','),
  Links: 'N/A',
  Mountpoint: sourceOf(volume),
  Name: volume.name,
  Scope: localDriver,
  Size: 'N/A',
  Status: 'N/A',
});

/** A volume as docker's `volume inspect` shows it. */
import { localDriver } from '../container/request/driver-options.ts';
import { sourceOf, type Volume } from '../container/volumes/volume-store.ts';

export function volumeDocument(volume: Volume): Readonly<Record<string, unknown>> {
  const { name, record } = volume;
  return {
    CreatedAt: record.created.replace(/\.\d+/, ''),
    Driver: localDriver,
    Labels: orNull(record.labels),
    Mountpoint: sourceOf(volume),
    Name: name,
    Options: orNull(record.options),
    Scope: localDriver,
  };
}

/** Go's empty map. */
const orNull = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null =>
  Object.keys(values).length === 0 ? null : values;

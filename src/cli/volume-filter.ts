/** `--filter KEY=VALUE` of `volume ls`: docker's keys. */
import { badValue } from '../container/request/bad-value.ts';
import { parseBoolean } from '../container/request/boolean.ts';
import { localDriver } from '../container/request/driver-options.ts';
import type { VolumeName } from '../container/request/run-request.ts';
import type { Volume } from '../container/volumes/volume-store.ts';
import { hasLabel, splitCondition } from './filter-condition.ts';

type Condition = (volume: Volume) => boolean;

/**
 * Several labels: all of them; several of another key: one of them.
 *
 * @param used the volumes that some container has
 * @throws TsrunError USAGE
 */
export function volumeFilter(given: readonly string[], used: ReadonlySet<VolumeName>): Condition {
  const all: Condition[] = [];
  const names: string[] = [];
  const drivers: string[] = [];
  for (const each of given) {
    const [key, value] = splitCondition(each);
    if (key === 'dangling') {
      const dangling = parseBoolean(value, 'dangling of --filter');
      all.push(({ name }) => used.has(name) !== dangling);
    } else if (key === 'label') all.push(({ record }) => hasLabel(value)(record.labels));
    else if (key === 'name') names.push(value);
    else if (key === 'driver') drivers.push(value);
    else throw badValue('--filter', each, 'there is no such key', 'known are dangling, driver, label and name');
  }
  // As docker: part of a name is enough.
  if (names.length > 0) all.push(({ name }) => names.some((part) => name.includes(part)));
  if (drivers.length > 0) all.push(() => drivers.includes(localDriver));
  return (volume) => all.every((condition) => condition(volume));
}

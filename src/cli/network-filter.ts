/** `--filter KEY=VALUE` of `network ls`: docker's keys. */
import { badValue } from '../container/request/bad-value.ts';
import type { Network } from '../network/network-record.ts';
import { hasLabel, splitCondition } from './filter-condition.ts';

type Condition = (network: Network) => boolean;

/**
 * Several labels: all of them; several of another key: one of them.
 *
 * @throws TsrunError USAGE
 */
export function networkFilter(given: readonly string[]): Condition {
  const labels: Condition[] = [];
  const either: Record<'driver' | 'id' | 'name', Condition[]> = { driver: [], id: [], name: [] };
  for (const each of given) {
    const [key, value] = splitCondition(each);
    if (key === 'label') labels.push((network) => hasLabel(value)(network.labels));
    else if (key === 'name') either.name.push(({ name }) => name.includes(value));
    else if (key === 'id') either.id.push(({ id }) => id.startsWith(value));
    else if (key === 'driver') either.driver.push(({ driver }) => driver.type === value);
    else throw badValue('--filter', each, 'there is no such key', 'known are driver, id, label and name');
  }
  const groups = Object.values(either).filter((conditions) => conditions.length > 0);
  return (network) =>
    labels.every((fits) => fits(network)) && groups.every((conditions) => conditions.some((fits) => fits(network)));
}

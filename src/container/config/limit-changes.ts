/** `linux.resources` with what an update changes: pure. */
import type { OciResources } from '../../oci/resources.ts';
import type { LimitsRequest } from '../request/run-request.ts';
import type { UpdateOptions } from '../request/updated-limits.ts';
import { cpuOf, memoryOf } from './resources.ts';

const memoryKeys: readonly string[] = ['memory', 'memoryReservation', 'memorySwap'] satisfies (keyof UpdateOptions)[];
const cpuKeys: readonly string[] = [
  'cpus',
  'cpuShares',
  'cpuQuota',
  'cpuPeriod',
  'cpusetCpus',
  'cpusetMems',
] satisfies (keyof UpdateOptions)[];

/**
 * The sections that were asked for, each whole. What is no limit any more is -1: left out it would mean that it stays.
 *
 * @param asked names of the options
 * @param swap whether the kernel limits swap of this container: our own default is to, where it can
 */
export function limitChanges(
  before: LimitsRequest,
  after: LimitsRequest,
  asked: readonly string[],
  swap: 'limited' | 'unlimited',
): readonly OciResources[] {
  const some = (keys: readonly string[]): boolean => asked.some((key) => keys.includes(key));
  const changes: OciResources[] = [];
  if (some(memoryKeys)) changes.push({ memory: memoryChanges(before, after, swap) });
  if (some(cpuKeys)) {
    const { quota = -1, ...rest } = cpuOf(after);
    const hadQuota = before.cpus !== null || before.cpuQuota !== null;
    changes.push({ cpu: { ...rest, ...(quota === -1 && !hadQuota ? {} : { quota }) } });
  }
  if (some(['pidsLimit'])) changes.push({ pids: { limit: (after.pids ?? 0) > 0 ? (after.pids ?? -1) : -1 } });
  if (some(['blkioWeight']) && after.blkioWeight !== null) changes.push({ blockIO: { weight: after.blkioWeight } });
  return changes;
}

function memoryChanges(
  before: LimitsRequest,
  after: LimitsRequest,
  swap: 'limited' | 'unlimited',
): NonNullable<OciResources['memory']> {
  const { swap: sum, ...rest } = memoryOf(after);
  if (after.memory === null) return { ...rest, ...(before.memory === null ? {} : { limit: -1, swap: -1 }) };
  return {
    ...rest,
    ...(sum === undefined || (after.memorySwap === null && swap === 'unlimited') ? {} : { swap: sum }),
  };
}

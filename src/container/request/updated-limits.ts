/** The limits of a container after `update`: those it was asked for, with the ones that are given now in their place. */
import { parseLimits } from './limits.ts';
import type { LimitOptions } from './run-options.ts';
import type { LimitsRequest } from './run-request.ts';

/** What can be changed, docker's list. */
export type UpdateOptions = Pick<
  LimitOptions,
  | 'memory'
  | 'memoryReservation'
  | 'memorySwap'
  | 'cpus'
  | 'cpuShares'
  | 'cpuQuota'
  | 'cpuPeriod'
  | 'cpusetCpus'
  | 'cpusetMems'
  | 'pidsLimit'
  | 'blkioWeight'
>;

const period = 100_000;

/**
 * What is 0 or empty was not asked for, as with docker. `memory` -1 is none from now on.
 *
 * @param spell an option as the reader knows it
 * @throws TsrunError USAGE, also where the new limits contradict those that stay
 */
export function updatedLimits(
  before: LimitsRequest,
  given: UpdateOptions,
  spell: (option: keyof LimitOptions) => string,
): LimitsRequest {
  const asked = askedFor(given);
  const merged: Record<string, unknown> = { ...optionsOf(before), ...asked };
  if (asked['memory'] === '-1') {
    delete merged['memory'];
    delete merged['memorySwap'];
  }
  // Two ways to say the same: the one that is given now replaces the other.
  if (asked['cpus'] !== undefined) {
    delete merged['cpuQuota'];
    delete merged['cpuPeriod'];
  } else if (before.cpus !== null && (asked['cpuQuota'] !== undefined || asked['cpuPeriod'] !== undefined)) {
    delete merged['cpus'];
    merged['cpuQuota'] ??= Math.round(before.cpus * period);
    merged['cpuPeriod'] ??= period;
  }
  const { deviceReadBps, deviceWriteBps, deviceReadIops, deviceWriteIops, unified, demand } = before;
  const parsed = parseLimits(merged as LimitOptions, spell, demand);
  return { ...parsed, deviceReadBps, deviceWriteBps, deviceReadIops, deviceWriteIops, unified };
}

/** The options that change something. */
export function askedFor(given: UpdateOptions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => {
      const text = String(value ?? '');
      return text === '' || (text === '0' && key !== 'pidsLimit') ? [] : [[key, text]];
    }),
  );
}

/** Limits as somebody would ask for them. */
function optionsOf(limits: LimitsRequest): Readonly<Record<string, unknown>> {
  const { memory, memoryReservation, memorySwap, cpus, cpuShares, cpuQuota, cpuPeriod } = limits;
  const { cpusetCpus, cpusetMems, pids: pidsLimit, blkioWeight } = limits;
  const all = { memory, memoryReservation, memorySwap, cpus, cpuShares, cpuQuota, cpuPeriod };
  const entries = Object.entries({ ...all, cpusetCpus, cpusetMems, pidsLimit, blkioWeight });
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

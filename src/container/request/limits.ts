/** The limits family, and the rules between its members. */
import { badValue, conflict } from './bad-value.ts';
import { parseCgroupConf } from './cgroup.ts';
import { parseCpus, parseCpuset } from './cpus.ts';
import { type DeviceRateOption, parseDeviceRate, type RateUnit } from './device-rate.ts';
import { type IntegerBounds, parseInteger } from './integer.ts';
import { parseOneOf } from './one-of.ts';
import type { LimitOptions } from './run-options.ts';
import type { ByteSize, DeviceRate, LimitsRequest } from './run-request.ts';
import { parseSize } from './size.ts';

type Key = keyof LimitOptions;

/** Below this the kernel kills most commands before their first instruction. */
const leastMemory = 6 * 1024 * 1024;

/**
 * @param spell an option as the reader knows it.
 * @throws TsrunError USAGE
 */
export function parseLimits(
  options: LimitOptions,
  spell: (option: Key) => string,
  defaultDemand: LimitsRequest['demand'],
): LimitsRequest {
  const size = (key: 'memory' | 'memoryReservation'): ByteSize | null => {
    const given = options[key];
    // docker: 0 means that no limit was asked for.
    return given === undefined ? null : parseSize(given, spell(key)) || null;
  };
  const integer = (
    key: 'cpuShares' | 'cpuQuota' | 'cpuPeriod' | 'blkioWeight',
    bounds: IntegerBounds,
  ): number | null => {
    const given = options[key];
    return given === undefined || String(given) === '0' ? null : parseInteger(given, bounds, spell(key));
  };
  const rates = (
    key: 'deviceReadBps' | 'deviceWriteBps' | 'deviceReadIops' | 'deviceWriteIops',
    unit: RateUnit,
  ): DeviceRate[] => (options[key] ?? []).map((given: DeviceRateOption) => parseDeviceRate(given, unit, spell(key)));

  const limits: LimitsRequest = {
    memory: size('memory'),
    memoryReservation: size('memoryReservation'),
    memorySwap: memorySwap(options.memorySwap, spell('memorySwap')),
    cpus: options.cpus === undefined ? null : parseCpus(options.cpus, spell('cpus')),
    cpuShares: integer('cpuShares', { least: 2, most: 262_144, unit: '' }),
    cpuQuota: cpuQuota(options.cpuQuota, spell('cpuQuota')),
    cpuPeriod: integer('cpuPeriod', { least: 1000, most: 1_000_000, unit: ' microseconds' }),
    cpusetCpus: options.cpusetCpus ? parseCpuset(options.cpusetCpus, spell('cpusetCpus')) : null,
    cpusetMems: options.cpusetMems ? parseCpuset(options.cpusetMems, spell('cpusetMems')) : null,
    pids:
      options.pidsLimit === undefined
        ? null
        : parseInteger(options.pidsLimit, { least: -1, most: 4_194_304, unit: ' (-1: unlimited)' }, spell('pidsLimit')),
    blkioWeight: integer('blkioWeight', { least: 10, most: 1000, unit: '' }),
    deviceReadBps: rates('deviceReadBps', 'bytes'),
    deviceWriteBps: rates('deviceWriteBps', 'bytes'),
    deviceReadIops: rates('deviceReadIops', 'operations'),
    deviceWriteIops: rates('deviceWriteIops', 'operations'),
    unified: parseCgroupConf(options.cgroupConf ?? [], spell('cgroupConf')),
    demand: parseOneOf(options.limits ?? defaultDemand, ['required', 'best-effort'], spell('limits')),
  };
  checkMemory(limits, options, spell);
  checkCpu(limits, spell);
  return limits;
}

function memorySwap(given: string | number | undefined, name: string): number | null {
  if (given === undefined) return null;
  return String(given) === '-1' ? -1 : parseSize(given, name) || null;
}

/** -1 is unlimited, which is what no quota is. */
function cpuQuota(given: string | number | undefined, name: string): number | null {
  if (given === undefined || String(given) === '0' || String(given) === '-1') return null;
  return parseInteger(given, { least: 1000, most: 1_000_000_000, unit: ' microseconds' }, name);
}

/** @param given what the messages quote: nobody typed the bytes that it means */
function checkMemory(limits: LimitsRequest, given: LimitOptions, spell: (option: Key) => string): void {
  const { memory, memoryReservation, memorySwap: swap } = limits;
  if (memory !== null && memory < leastMemory) {
    throw badValue(
      spell('memory'),
      `${given.memory}`,
      'less than 6m is not enough to start a process',
      'write 6m or more',
    );
  }
  if (memory !== null && memoryReservation !== null && memoryReservation > memory) {
    throw conflict(
      `${spell('memoryReservation')} is higher than ${spell('memory')}`,
      `${given.memoryReservation} cannot be kept out of ${given.memory}`,
      'make the reservation the smaller one',
    );
  }
  if (swap === null) return;
  if (memory === null) {
    throw conflict(
      `${spell('memorySwap')} needs ${spell('memory')}`,
      'it counts memory and swap together, so the memory has to be limited first',
      `add ${spell('memory')}`,
    );
  }
  if (swap !== -1 && swap < memory) {
    throw conflict(
      `${spell('memorySwap')} is lower than ${spell('memory')}`,
      `it counts memory and swap together: ${given.memorySwap} leaves less than nothing beside ${given.memory}`,
      `give both the same value for no swap, or -1 for unlimited swap`,
    );
  }
}

function checkCpu(limits: LimitsRequest, spell: (option: Key) => string): void {
  if (limits.cpus === null) return;
  for (const key of ['cpuQuota', 'cpuPeriod'] as const) {
    if (limits[key] === null) continue;
    throw conflict(
      `${spell('cpus')} and ${spell(key)} exclude each other`,
      'both set the quota and the period of the CPU time',
      `keep ${spell('cpus')} alone`,
    );
  }
}

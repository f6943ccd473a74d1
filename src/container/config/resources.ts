/** `linux.resources` from the limits that were asked for, with docker's meaning of each flag. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { defaultPidsLimit } from '../../oci/defaults.ts';
import type { OciBlockIo, OciCpu, OciMemory, OciResources, OciThrottleDevice } from '../../oci/resources.ts';
import type { DeviceRate, LimitsRequest, RunRequest } from '../request/run-request.ts';
import type { HostDevice } from './input.ts';

/** Microseconds; the kernel's own default too. */
const defaultPeriod = 100_000;

/**
 * Everything of `linux.resources` but the device rules.
 *
 * @throws TsrunError USAGE when limits contradict each other.
 */
export function resourcesOf(request: RunRequest, devices: readonly HostDevice[]): OciResources {
  if (request.without.includes('cgroup-limits')) return {};
  const { limits } = request;
  const memory = memoryOf(limits);
  const cpu = cpuOf(limits);
  const blockIO = blockIoOf(limits, devices);
  return {
    ...(Object.keys(memory).length === 0 ? {} : { memory }),
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
    pids: { limit: limits.pids ?? defaultPidsLimit },
    ...(Object.keys(blockIO).length === 0 ? {} : { blockIO }),
    ...(Object.keys(limits.unified).length === 0 ? {} : { unified: limits.unified }),
  };
}

/** The files whose value is our own default and not the request's: a host may lack them. */
export function defaultedLimits(request: RunRequest): readonly string[] {
  const { pids, memorySwap, unified } = request.limits;
  const defaults = [...(pids === null ? ['pids.max'] : []), ...(memorySwap === null ? ['memory.swap.max'] : [])];
  return defaults.filter((file) => unified[file] === undefined);
}

/** Whether somebody asked for a limit, so that it is worth asking systemd for a control group that can hold it. */
export function limitsAsked(request: RunRequest): boolean {
  const { demand: _, unified, ...limits } = request.limits;
  const asked = Object.values(limits).some((limit) => limit !== null && !(Array.isArray(limit) && limit.length === 0));
  return !request.without.includes('cgroup-limits') && (asked || Object.keys(unified).length > 0);
}

export function memoryOf(limits: LimitsRequest): OciMemory {
  const { memory, memoryReservation, memorySwap } = limits;
  if (memorySwap !== null && memorySwap > 0) {
    if (memory === null) {
      throw new TsrunError('USAGE', 'cannot limit swap alone', {
        why: '--memory-swap is the sum of memory and swap',
        hint: 'give --memory too',
      });
    }
    if (memorySwap < memory) {
      throw new TsrunError('USAGE', `--memory-swap ${memorySwap} is less than --memory ${memory}`, {
        why: '--memory-swap is the sum of memory and swap',
        hint: `give at least ${memory}, or -1 for no limit on swap`,
      });
    }
  }
  if (memory !== null && memoryReservation !== null && memoryReservation > memory) {
    throw new TsrunError('USAGE', `--memory-reservation ${memoryReservation} is more than --memory ${memory}`, {
      hint: `give at most ${memory}`,
    });
  }
  // docker: as much swap again as memory when nothing is said.
  const swap = memorySwap !== null && memorySwap !== 0 ? memorySwap : memory === null ? null : memory * 2;
  return {
    ...(memory === null ? {} : { limit: memory }),
    ...(memoryReservation === null ? {} : { reservation: memoryReservation }),
    ...(swap === null ? {} : { swap }),
  };
}

export function cpuOf(limits: LimitsRequest): OciCpu {
  const { cpus, cpuShares, cpuQuota, cpuPeriod, cpusetCpus, cpusetMems } = limits;
  if (cpus !== null && (cpuQuota !== null || cpuPeriod !== null)) {
    throw new TsrunError('USAGE', '--cpus cannot be used with --cpu-quota or --cpu-period', {
      why: '--cpus N means a quota of N periods',
      hint: 'use one of the two ways',
    });
  }
  const quota = cpus === null ? cpuQuota : Math.round(cpus * defaultPeriod);
  const period = cpus === null ? cpuPeriod : defaultPeriod;
  return {
    ...(cpuShares === null ? {} : { shares: cpuShares }),
    ...(quota === null ? {} : { quota }),
    ...(period === null ? {} : { period }),
    ...(cpusetCpus === null ? {} : { cpus: cpusetCpus }),
    ...(cpusetMems === null ? {} : { mems: cpusetMems }),
  };
}

function blockIoOf(limits: LimitsRequest, devices: readonly HostDevice[]): OciBlockIo {
  const throttle = (rates: readonly DeviceRate[]): readonly OciThrottleDevice[] =>
    rates.map(({ path, rate }) => {
      const device = devices.find((each) => each.path === path && each.type === 'b');
      if (device === undefined) {
        throw new TsrunError('USAGE', `"${path}" is not a block device`, {
          why: 'io limits are kept for each disk',
          hint: 'lsblk -p shows the disks',
        });
      }
      return { major: device.major, minor: device.minor, rate };
    });
  const { blkioWeight, deviceReadBps, deviceWriteBps, deviceReadIops, deviceWriteIops } = limits;
  return {
    ...(blkioWeight === null ? {} : { weight: blkioWeight }),
    ...(deviceReadBps.length === 0 ? {} : { throttleReadBpsDevice: throttle(deviceReadBps) }),
    ...(deviceWriteBps.length === 0 ? {} : { throttleWriteBpsDevice: throttle(deviceWriteBps) }),
    ...(deviceReadIops.length === 0 ? {} : { throttleReadIOPSDevice: throttle(deviceReadIops) }),
    ...(deviceWriteIops.length === 0 ? {} : { throttleWriteIOPSDevice: throttle(deviceWriteIops) }),
  };
}

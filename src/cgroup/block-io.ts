/** `linux.resources.blockIO` as io.weight and io.max. */
import type { OciBlockIo, OciThrottleDevice } from '../oci/resources.ts';
import type { CgroupLimit } from './cgroup-limit.ts';

/**
 * Weights and rates. A weight goes to both schedulers that know one: io.cost (io.weight) and BFQ (io.bfq.weight); which
 * of them runs is decided for each disk.
 */
export function blockIoLimits(blockIO: OciBlockIo): readonly CgroupLimit[] {
  const { weight = 0, weightDevice = [] } = blockIO;
  const limits: CgroupLimit[] = [];
  if (weight !== 0) limits.push(...weights('default', weight));
  for (const device of weightDevice) {
    if (device.weight !== undefined && device.weight !== 0) {
      limits.push(...weights(`${device.major}:${device.minor}`, device.weight));
    }
  }
  return [...limits, ...rates(blockIO)];
}

function weights(whom: string, weight: number): readonly CgroupLimit[] {
  if (weight < 10 || weight > 1000) throw new RangeError(`the io weight ${weight} is not from 10 to 1000`);
  const line = `${whom} ${ioWeight(weight)}`;
  return [
    { file: 'io.bfq.weight', value: `${whom} ${weight}`, expect: '', optional: true },
    { file: 'io.weight', value: line, expect: line, optional: false },
  ];
}

/** v1's 10 to 1000 on v2's 1 to 10000, a straight line. */
const ioWeight = (weight: number): number => 1 + Math.floor(((weight - 10) * 9999) / 990);

/** io.max has one line for each disk, with all four rates. */
function rates(blockIO: OciBlockIo): readonly CgroupLimit[] {
  const kinds: readonly (readonly [string, readonly OciThrottleDevice[]])[] = [
    ['rbps', blockIO.throttleReadBpsDevice ?? []],
    ['wbps', blockIO.throttleWriteBpsDevice ?? []],
    ['riops', blockIO.throttleReadIOPSDevice ?? []],
    ['wiops', blockIO.throttleWriteIOPSDevice ?? []],
  ];
  const disks = new Map<string, Map<string, number>>();
  for (const [kind, devices] of kinds) {
    for (const { major, minor, rate } of devices) {
      const disk = `${major}:${minor}`;
      const known = disks.get(disk) ?? new Map<string, number>();
      if (rate > 0) known.set(kind, rate);
      disks.set(disk, known);
    }
  }
  return [...disks].map(([disk, known]) => {
    const line = `${disk} ${kinds.map(([kind]) => `${kind}=${known.get(kind) ?? 'max'}`).join(' ')}`;
    // A disk without any rate reads as no line at all.
    return { file: 'io.max', value: line, expect: known.size === 0 ? '' : line, optional: false };
  });
}

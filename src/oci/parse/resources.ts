/** `linux.resources` of config.json, and the document of `update`: runtime-spec config-linux.md#control-groups. */
import type {
  OciBlockIo,
  OciCpu,
  OciDeviceRule,
  OciHugepageLimit,
  OciMemory,
  OciResources,
  OciThrottleDevice,
  OciWeightDevice,
} from '../resources.ts';
import {
  boolean,
  int64,
  integer,
  list,
  map,
  matching,
  may,
  need,
  object,
  oneOf,
  orElse,
  type Parser,
  text,
  uint16,
  uint32,
  uint64,
} from './combinators.ts';
import { fail, inside } from './place.ts';
import { cpus } from './process.ts';

/** -1 stands for any. */
const deviceNumber = integer(-1, 2 ** 32 - 1);

const deviceRule: Parser<OciDeviceRule> = object<OciDeviceRule>({
  allow: orElse(boolean, false),
  // '' is what Go writes for a field that nobody set.
  type: may(oneOf(['a', 'c', 'b', 'u', 'p', ''], 'a kind of device')),
  major: may(deviceNumber),
  minor: may(deviceNumber),
  access: may(matching(/^[rwm]*$/, 'letters of r, w and m')),
});

const memory: Parser<OciMemory> = object<OciMemory>({
  limit: may(int64),
  reservation: may(int64),
  swap: may(int64),
  kernel: may(int64),
  kernelTCP: may(int64),
  swappiness: may(integer(0, 100)),
  disableOOMKiller: may(boolean),
  useHierarchy: may(boolean),
  checkBeforeUpdate: may(boolean),
});

const cpu: Parser<OciCpu> = object<OciCpu>({
  shares: may(uint64),
  quota: may(int64),
  burst: may(uint64),
  period: may(uint64),
  realtimeRuntime: may(int64),
  realtimePeriod: may(uint64),
  cpus: may(cpus),
  mems: may(cpus),
  idle: may(int64),
});

const major = need(uint32);
const minor = need(uint32);

const weightDevice: Parser<OciWeightDevice> = object<OciWeightDevice>({
  major,
  minor,
  weight: may(uint16),
  leafWeight: may(uint16),
});

const throttleDevices = list(object<OciThrottleDevice>({ major, minor, rate: need(uint64) }));

const blockIO: Parser<OciBlockIo> = object<OciBlockIo>({
  weight: may(uint16),
  leafWeight: may(uint16),
  weightDevice: may(list(weightDevice)),
  throttleReadBpsDevice: may(throttleDevices),
  throttleWriteBpsDevice: may(throttleDevices),
  throttleReadIOPSDevice: may(throttleDevices),
  throttleWriteIOPSDevice: may(throttleDevices),
});

const hugepageLimits: Parser<readonly OciHugepageLimit[]> = list(
  object<OciHugepageLimit>({
    pageSize: need(matching(/^[1-9][0-9]{0,9}(?:KB|MB|GB)$/, 'a size like 2MB')),
    limit: need(uint64),
  }),
);

const rdmaDevice = (value: unknown, at: Parameters<typeof fail>[0]) => {
  const limit = object<{ hcaHandles?: number; hcaObjects?: number }>({
    hcaHandles: may(uint32),
    hcaObjects: may(uint32),
  })(value, at);
  if (Object.keys(limit).length === 0) fail(at, 'has neither hcaHandles nor hcaObjects', '');
  return limit;
};

/** File names of one directory: a slash would reach another control group. */
const unified: Parser<Readonly<Record<string, string>>> = (value, at) => {
  const files = map(text)(value, at);
  for (const file of Object.keys(files)) {
    if (!/^[a-z0-9_]+\.[A-Za-z0-9_.-]+$/.test(file)) {
      fail(inside(at, file), 'is not the name of a file of cgroup v2', 'write it like "memory.high"');
    }
  }
  return files;
};

export const resources: Parser<OciResources> = object<OciResources>({
  devices: may(list(deviceRule)),
  memory: may(memory),
  cpu: may(cpu),
  pids: may(object<{ limit?: number }>({ limit: may(int64) })),
  blockIO: may(blockIO),
  hugepageLimits: may(hugepageLimits),
  network: may(
    object<NonNullable<OciResources['network']>>({
      classID: may(uint32),
      priorities: may(list(object({ name: need(text), priority: need(uint32) }))),
    }),
  ),
  rdma: may(map(rdmaDevice)),
  unified: may(unified),
});

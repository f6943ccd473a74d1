/** `linux.resources` of config.json: cgroup v1's words, which runtimes translate to cgroup v2 (config-linux.md). */

export interface OciDeviceRule {
  readonly allow: boolean;
  /** a, c or b; absent: all. */
  readonly type?: string;
  /** Absent or -1: any. */
  readonly major?: number;
  readonly minor?: number;
  /** Of r, w, m; absent: all. */
  readonly access?: string;
}

export interface OciMemory {
  readonly limit?: number;
  readonly reservation?: number;
  /** Memory plus swap. */
  readonly swap?: number;
  readonly kernel?: number;
  readonly kernelTCP?: number;
  readonly swappiness?: number;
  readonly disableOOMKiller?: boolean;
  readonly useHierarchy?: boolean;
  readonly checkBeforeUpdate?: boolean;
}

export interface OciCpu {
  readonly shares?: number;
  readonly quota?: number;
  readonly burst?: number;
  readonly period?: number;
  readonly realtimeRuntime?: number;
  readonly realtimePeriod?: number;
  readonly cpus?: string;
  readonly mems?: string;
  readonly idle?: number;
}

export interface OciWeightDevice {
  readonly major: number;
  readonly minor: number;
  readonly weight?: number;
  readonly leafWeight?: number;
}

export interface OciThrottleDevice {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

export interface OciBlockIo {
  readonly weight?: number;
  readonly leafWeight?: number;
  readonly weightDevice?: readonly OciWeightDevice[];
  readonly throttleReadBpsDevice?: readonly OciThrottleDevice[];
  readonly throttleWriteBpsDevice?: readonly OciThrottleDevice[];
  readonly throttleReadIOPSDevice?: readonly OciThrottleDevice[];
  readonly throttleWriteIOPSDevice?: readonly OciThrottleDevice[];
}

export interface OciHugepageLimit {
  /** For example `2MB`. */
  readonly pageSize: string;
  readonly limit: number;
}

export interface OciResources {
  readonly devices?: readonly OciDeviceRule[];
  readonly memory?: OciMemory;
  readonly cpu?: OciCpu;
  readonly pids?: { readonly limit?: number };
  readonly blockIO?: OciBlockIo;
  readonly hugepageLimits?: readonly OciHugepageLimit[];
  readonly network?: {
    readonly classID?: number;
    readonly priorities?: readonly { readonly name: string; readonly priority: number }[];
  };
  readonly rdma?: Readonly<Record<string, { readonly hcaHandles?: number; readonly hcaObjects?: number }>>;
  /** cgroup v2 files by name; they override what the other fields say. */
  readonly unified?: Readonly<Record<string, string>>;
}

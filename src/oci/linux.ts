/** The `linux` object of config.json, runtime-spec config-linux.md. */
import type { OciIdMapping } from './id-mapping.ts';
import type { OciResources } from './resources.ts';
import type { OciSeccomp } from './seccomp/seccomp.ts';

export const namespaceTypes = ['pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time'] as const;
export type OciNamespaceType = (typeof namespaceTypes)[number];

export interface OciNamespace {
  readonly type: OciNamespaceType;
  /** An existing namespace to join; absent: a new one. */
  readonly path?: string;
}

export interface OciDevice {
  readonly path: string;
  /** c, b, u or p. */
  readonly type: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface OciTimeOffset {
  readonly secs?: number;
  readonly nanosecs?: number;
}

export interface OciNetDevice {
  /** Its name in the container; absent: as on the host. */
  readonly name?: string;
}

/** set_mempolicy(2). */
export interface OciMemoryPolicy {
  /** For example `MPOL_BIND`. */
  readonly mode: string;
  /** For example `0-1`; absent: none. */
  readonly nodes?: string;
  /** For example `MPOL_F_STATIC_NODES`. */
  readonly flags?: readonly string[];
}

/** With an r: of the mounts below the root too. */
export type OciRootfsPropagation = `${'' | 'r'}${'private' | 'slave' | 'shared' | 'unbindable'}`;

export interface OciLinux {
  readonly uidMappings?: readonly OciIdMapping[];
  readonly gidMappings?: readonly OciIdMapping[];
  readonly timeOffsets?: { readonly monotonic?: OciTimeOffset; readonly boottime?: OciTimeOffset };
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly resources?: OciResources;
  /** Relative paths lie below the runtime's own base. */
  readonly cgroupsPath?: string;
  readonly namespaces?: readonly OciNamespace[];
  readonly devices?: readonly OciDevice[];
  readonly seccomp?: OciSeccomp;
  readonly rootfsPropagation?: OciRootfsPropagation;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly mountLabel?: string;
  /** Interfaces of the host to move into the container's network namespace, by their name on the host. */
  readonly netDevices?: Readonly<Record<string, OciNetDevice>>;
  readonly memoryPolicy?: OciMemoryPolicy;
  readonly personality?: { readonly domain: string; readonly flags?: readonly string[] };
}

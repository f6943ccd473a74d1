/** The `linux` object of config.json, runtime-spec config-linux.md. */
import type { OciIdMapping } from './id-mapping.ts';
import type { OciResources } from './resources.ts';
import type { OciSeccomp } from './seccomp/seccomp.ts';

export type OciNamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';

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
  readonly rootfsPropagation?: 'private' | 'slave' | 'shared' | 'unbindable';
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly mountLabel?: string;
  readonly intelRdt?: {
    readonly closID?: string;
    readonly l3CacheSchema?: string;
    readonly memBwSchema?: string;
    readonly enableCMT?: boolean;
    readonly enableMBM?: boolean;
  };
  readonly personality?: { readonly domain: string; readonly flags?: readonly string[] };
}

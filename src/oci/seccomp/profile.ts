/**
 * A seccomp profile: rules with conditions on capabilities, architecture and kernel, before it is resolved for one
 * container. The same idea as docker's profile files, with every field present.
 */
import type { OciSeccompArg, SeccompAction } from './seccomp.ts';

/** Go's architecture names, as profile files use them: amd64, arm64, x86, ... */
export type ProfileArch = string;

export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
}

export interface ProfileCondition {
  /** `includes`: all of them are held; `excludes`: none of them. */
  readonly caps: readonly string[];
  /** `includes`: the machine is one of them; `excludes`: none. Empty: any. */
  readonly arches: readonly ProfileArch[];
  readonly minKernel: KernelVersion | null;
}

export interface ProfileRule {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  readonly errnoRet: number | null;
  readonly args: readonly OciSeccompArg[];
  readonly includes: ProfileCondition;
  readonly excludes: ProfileCondition;
}

/** Which SCMP_ARCH_ names belong together on one machine. */
export interface ProfileArchitecture {
  readonly architecture: string;
  readonly subArchitectures: readonly string[];
}

export interface SeccompProfile {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet: number | null;
  /** By machine; empty when `architectures` says it outright. */
  readonly archMap: readonly ProfileArchitecture[];
  readonly architectures: readonly string[];
  readonly flags: readonly string[];
  readonly rules: readonly ProfileRule[];
}

export const always: ProfileCondition = { caps: [], arches: [], minKernel: null };

/** The document of `tsrun-oci features`: runtime-spec features.md and features-linux.md. */
import { type CapabilityName, capabilityNames } from './capabilities.ts';
import type { OciHooks } from './config.ts';
import { namespaceTypes, type OciNamespaceType } from './linux.ts';
import { memoryPolicyFlags, memoryPolicyModes } from './memory-policy.ts';
import { knownMountOptions } from './mount-options.ts';
import { seccompActions, seccompFlagBit, seccompFlagNames, seccompOperators } from './seccomp/filter.ts';
import type { SeccompAction, SeccompOperator } from './seccomp/seccomp.ts';

/** What only this machine and this build can say. */
export interface FeatureFacts {
  /** tsrun's own version. */
  readonly version: string;
  /** The version of libseccomp that the addon was linked with. */
  readonly libseccomp: string;
  /** Of the SCMP_ARCH_ names those that this libseccomp knows. */
  readonly seccompArchitectures: readonly string[];
  /** SECCOMP_FILTER_FLAG_ bits that this kernel takes. */
  readonly seccompFlags: number;
  /** Whether checkpoint and restore can be asked for: CRIU is installed. */
  readonly checkpoint: boolean;
}

interface Switch {
  readonly enabled: boolean;
}

/** Whether and what the runtime recognizes; what the host has is another question. */
export interface OciFeatures {
  readonly ociVersionMin: string;
  readonly ociVersionMax: string;
  readonly hooks: readonly (keyof OciHooks)[];
  readonly mountOptions: readonly string[];
  readonly linux: {
    readonly namespaces: readonly OciNamespaceType[];
    readonly capabilities: readonly CapabilityName[];
    readonly cgroup: {
      readonly v1: boolean;
      readonly v2: boolean;
      readonly systemd: boolean;
      readonly systemdUser: boolean;
      readonly rdma: boolean;
    };
    readonly seccomp: Switch & {
      readonly actions: readonly SeccompAction[];
      readonly operators: readonly SeccompOperator[];
      readonly archs: readonly string[];
      readonly knownFlags: readonly string[];
      readonly supportedFlags: readonly string[];
    };
    readonly apparmor: Switch;
    readonly selinux: Switch;
    readonly intelRdt: Switch & { readonly schemata: boolean; readonly monitoring: boolean };
    readonly memoryPolicy: { readonly modes: readonly string[]; readonly flags: readonly string[] };
    readonly mountExtensions: { readonly idmap: Switch };
    readonly netDevices: Switch;
  };
  readonly annotations: Readonly<Record<string, string>>;
  readonly potentiallyUnsafeConfigAnnotations: readonly string[];
}

const hooks: readonly (keyof OciHooks)[] = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
];

/**
 * What this tsrun recognizes in a config.json. Pure: print it as JSON.
 *
 * @example featuresDocument(facts).linux.cgroup.v2 // true
 */
export function featuresDocument(facts: FeatureFacts): OciFeatures {
  return {
    ociVersionMin: '1.0.0',
    ociVersionMax: '1.3.0',
    hooks,
    mountOptions: knownMountOptions,
    linux: {
      namespaces: namespaceTypes.toSorted(),
      capabilities: capabilityNames,
      cgroup: { v1: false, v2: true, systemd: true, systemdUser: true, rdma: true },
      seccomp: {
        enabled: true,
        actions: seccompActions.toSorted(),
        operators: seccompOperators.toSorted(),
        archs: facts.seccompArchitectures.toSorted(),
        knownFlags: seccompFlagNames,
        supportedFlags: supportedFlags(facts.seccompFlags),
      },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      // Refused by name in parse/linux.ts.
      intelRdt: { enabled: false, schemata: false, monitoring: false },
      memoryPolicy: { modes: memoryPolicyModes.toSorted(), flags: memoryPolicyFlags.toSorted() },
      mountExtensions: { idmap: { enabled: true } },
      netDevices: { enabled: true },
    },
    annotations: {
      'io.github.seccomp.libseccomp.version': facts.libseccomp,
      'tsrun.checkpoint.enabled': `${facts.checkpoint}`,
      'tsrun.version': facts.version,
    },
    // Properties of the container's systemd unit: a prefix.
    potentiallyUnsafeConfigAnnotations: ['org.systemd.property.'],
  };
}

const supportedFlags = (bits: number): readonly string[] =>
  seccompFlagNames.filter((name) => (seccompFlagBit(name) & bits) !== 0);

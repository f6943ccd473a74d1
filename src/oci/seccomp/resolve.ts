/** Resolves a profile for one container: its capabilities, this machine, this kernel. */
import type { KernelVersion, ProfileCondition, SeccompProfile } from './profile.ts';
import type { OciSeccomp, OciSyscallRule } from './seccomp.ts';

export interface SeccompSubject {
  /** The bounding set: what the container can ever have. */
  readonly capabilities: ReadonlySet<string>;
  /** Node's name of the machine: x64, arm64, ... */
  readonly machine: string;
  /** For example "6.1.0-13-amd64". */
  readonly kernel: string;
}

interface Machine {
  readonly profileArch: string;
  readonly scmp: string;
}

const machines: Readonly<Record<string, Machine>> = {
  x64: { profileArch: 'amd64', scmp: 'SCMP_ARCH_X86_64' },
  arm64: { profileArch: 'arm64', scmp: 'SCMP_ARCH_AARCH64' },
  s390x: { profileArch: 's390x', scmp: 'SCMP_ARCH_S390X' },
  ppc64: { profileArch: 'ppc64le', scmp: 'SCMP_ARCH_PPC64LE' },
  riscv64: { profileArch: 'riscv64', scmp: 'SCMP_ARCH_RISCV64' },
  arm: { profileArch: 'arm', scmp: 'SCMP_ARCH_ARM' },
  ia32: { profileArch: 'x86', scmp: 'SCMP_ARCH_X86' },
};

/**
 * The `linux.seccomp` that a profile means for one container.
 *
 * @example resolveProfile(defaultProfile, { capabilities: new Set(['CAP_CHOWN']), machine: 'x64', kernel: '6.1.0' })
 */
export function resolveProfile(profile: SeccompProfile, subject: SeccompSubject): OciSeccomp {
  const machine = machines[subject.machine];
  const kernel = parseKernelVersion(subject.kernel);
  const syscalls: OciSyscallRule[] = [];
  for (const rule of profile.rules) {
    if (!includes(rule.includes, subject, machine, kernel) || excludes(rule.excludes, subject, machine, kernel))
      continue;
    syscalls.push({
      names: rule.names,
      action: rule.action,
      ...(rule.errnoRet === null ? {} : { errnoRet: rule.errnoRet }),
      ...(rule.args.length === 0 ? {} : { args: rule.args }),
    });
  }
  const mapped = profile.archMap.find(({ architecture }) => architecture === machine?.scmp);
  const architectures =
    mapped === undefined ? profile.architectures : [mapped.architecture, ...mapped.subArchitectures];
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === null ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(architectures.length === 0 ? {} : { architectures }),
    ...(profile.flags.length === 0 ? {} : { flags: profile.flags }),
    syscalls,
  };
}

function includes(
  condition: ProfileCondition,
  subject: SeccompSubject,
  machine: Machine | undefined,
  kernel: KernelVersion,
): boolean {
  return (
    (condition.arches.length === 0 || (machine !== undefined && condition.arches.includes(machine.profileArch))) &&
    condition.caps.every((cap) => subject.capabilities.has(cap)) &&
    (condition.minKernel === null || atLeast(kernel, condition.minKernel))
  );
}

function excludes(
  condition: ProfileCondition,
  subject: SeccompSubject,
  machine: Machine | undefined,
  kernel: KernelVersion,
): boolean {
  return (
    (machine !== undefined && condition.arches.includes(machine.profileArch)) ||
    condition.caps.some((cap) => subject.capabilities.has(cap)) ||
    (condition.minKernel !== null && atLeast(kernel, condition.minKernel))
  );
}

/** "6.1.0-13-amd64" and "5.15" alike; what is no version reads as 0.0, so that no condition is met by accident. */
export function parseKernelVersion(text: string): KernelVersion {
  const match = /^(\d+)\.(\d+)/.exec(text);
  return { major: Number(match?.[1] ?? 0), minor: Number(match?.[2] ?? 0) };
}

const atLeast = (kernel: KernelVersion, floor: KernelVersion): boolean =>
  kernel.major > floor.major || (kernel.major === floor.major && kernel.minor >= floor.minor);

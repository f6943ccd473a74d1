/** How the kernel treats the process: scheduling, processors, memory, execution domain, and its label. */
import type { OciConfig, OciProcess, OciScheduler } from '../oci/config.ts';
import { cpuMask } from '../oci/cpu-list.ts';
import { memoryPolicyNumber } from '../oci/memory-policy.ts';
import type { Step } from './plan.ts';

/** SCHED_ numbers and SCHED_FLAG_ bits, include/uapi/linux/sched.h. Names are checked where the document is parsed. */
const policies: Readonly<Record<string, number>> = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
};
const policyFlags: Readonly<Record<string, bigint>> = {
  SCHED_FLAG_RESET_ON_FORK: 0x01n,
  SCHED_FLAG_RECLAIM: 0x02n,
  SCHED_FLAG_DL_OVERRUN: 0x04n,
  SCHED_FLAG_KEEP_POLICY: 0x08n,
  SCHED_FLAG_KEEP_PARAMS: 0x10n,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20n,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40n,
};

/** include/uapi/linux/ioprio.h: the class above 13 bits of priority. */
const ioClasses: Readonly<Record<string, number>> = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 };
const ioClassShift = 13;

/** include/uapi/linux/personality.h. */
const domains: Readonly<Record<string, number>> = { LINUX: 0, LINUX32: 8 };

/** What process says; for containers and for exec. */
export function schedulingSteps(process: OciProcess | undefined): readonly Step[] {
  const { scheduler, ioPriority } = process ?? {};
  return [
    ...(scheduler === undefined ? [] : [schedulerStep(scheduler)]),
    ...(ioPriority === undefined
      ? []
      : [
          {
            kind: 'io-priority',
            priority: ((ioClasses[ioPriority.class] ?? 0) << ioClassShift) | ioPriority.priority,
          } as const,
        ]),
  ];
}

/** Of exec only; without a word on it the kernel decides, by the control group. */
export function affinitySteps({ execCPUAffinity }: OciProcess): readonly Step[] {
  const affinity = execCPUAffinity?.final ?? '';
  return affinity === '' ? [] : [{ kind: 'cpu-affinity', mask: cpuMask(affinity) }];
}

/** What linux says; of the container's first process only. */
export function executionSteps({ linux }: OciConfig): readonly Step[] {
  const { personality, memoryPolicy } = linux ?? {};
  return [
    ...(personality === undefined ? [] : [{ kind: 'personality', persona: domains[personality.domain] ?? 0 } as const]),
    ...(memoryPolicy === undefined
      ? []
      : [
          {
            kind: 'memory-policy',
            mode: memoryPolicyNumber(memoryPolicy.mode, memoryPolicy.flags ?? []),
            nodes: cpuMask(memoryPolicy.nodes ?? ''),
          } as const,
        ]),
  ];
}

/** Labels of security modules: written before the private procfs is closed, given at the exec. */
export function labelSteps(process: OciProcess | undefined): readonly Step[] {
  const { apparmorProfile = '', selinuxLabel = '' } = process ?? {};
  return [
    ...(apparmorProfile === '' ? [] : [{ kind: 'exec-label', module: 'apparmor', label: apparmorProfile } as const]),
    ...(selinuxLabel === '' ? [] : [{ kind: 'exec-label', module: 'selinux', label: selinuxLabel } as const]),
  ];
}

function schedulerStep(scheduler: OciScheduler): Step {
  return {
    kind: 'scheduler',
    policy: policies[scheduler.policy] ?? 0,
    nice: scheduler.nice ?? 0,
    priority: scheduler.priority ?? 0,
    flags: (scheduler.flags ?? []).reduce((sum, name) => sum | (policyFlags[name] ?? 0n), 0n),
    runtime: BigInt(scheduler.runtime ?? 0),
    deadline: BigInt(scheduler.deadline ?? 0),
    period: BigInt(scheduler.period ?? 0),
  };
}

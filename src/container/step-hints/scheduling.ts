/** Steps about how the kernel treats the command: sched(7), ioprio_set(2), set_mempolicy(2), labels. */
import type { AdviceTable } from './advice.ts';

const niceness = 'it takes CAP_SYS_NICE; an ordinary user can only give way to others';

export const schedulingAdvice: AdviceTable = {
  scheduler: [
    { errno: 'EPERM', means: niceness, hint: 'leave process.scheduler out, or run as root' },
    {
      errno: 'EINVAL',
      means: 'the kernel has no such policy or flag, or the values do not go together: sched(7)',
      hint: 'Linux has SCHED_OTHER, FIFO, RR, BATCH, IDLE and DEADLINE',
    },
    { errno: 'EBUSY', means: 'no processor has so much time left for SCHED_DEADLINE', hint: 'ask for less' },
  ],
  'io-priority': [{ errno: 'EPERM', means: niceness, hint: 'use IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE' }],
  'cpu-affinity': [
    {
      errno: 'EINVAL',
      means: 'there are no such processors, or the control group allows none of them',
      hint: 'Cpus_allowed_list in /proc/PID/status of the container says which there are',
    },
  ],
  'memory-policy': [
    {
      errno: 'EINVAL',
      means: 'the mode wants other nodes, or there are no such nodes: set_mempolicy(2)',
      hint: '/sys/devices/system/node lists the nodes',
    },
    { errno: 'ENOSYS', means: 'the kernel is built without CONFIG_NUMA', hint: 'leave linux.memoryPolicy out' },
  ],
  'exec-label': [
    {
      errno: ['EINVAL', 'ENOENT', 'EOPNOTSUPP', 'ENOTSUP'],
      calls: ['write'],
      when: ({ module }) => module === 'apparmor',
      means: 'AppArmor is not enabled, or has no such profile',
      hint: 'aa-status lists the profiles',
    },
    {
      errno: ['EINVAL', 'EOPNOTSUPP', 'ENOTSUP'],
      calls: ['write'],
      means: 'SELinux is not enabled, or knows no such label',
      hint: 'sestatus says whether it is',
    },
    { errno: ['EACCES', 'EPERM'], means: 'the security module refuses the change', hint: null },
  ],
};

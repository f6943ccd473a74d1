/** Steps about control groups: cgroups(7), Documentation/admin-guide/cgroup-v2.rst. */
import { type Advice, type AdviceTable, type StepOf, seeDoctor } from './advice.ts';

const notDelegated: Advice<StepOf<'cgroup-create' | 'cgroup-enable' | 'cgroup-enter' | 'cgroup-write'>> = {
  errno: ['EACCES', 'EPERM'],
  means: 'the control group is not delegated to you',
  hint: `run tsrun under systemd-run --user --scope -p Delegate=yes, or leave the limits out; ${seeDoctor}`,
};
const readOnly: Advice<StepOf<'cgroup-create' | 'cgroup-enable' | 'cgroup-enter' | 'cgroup-write'>> = {
  errno: 'EROFS',
  means: 'the cgroup filesystem is mounted read-only',
  hint: 'inside a container, start that one with a writable cgroup mount, or leave the limits out',
};
const threaded = 'the parent control group is in threaded mode';

export const controlGroupAdvice: AdviceTable = {
  'cgroup-create': [
    notDelegated,
    readOnly,
    {
      errno: 'EAGAIN',
      means: 'cgroup.max.descendants or cgroup.max.depth is reached',
      hint: 'remove control groups that are no longer used',
    },
    {
      errno: ['ENOSPC', 'ENOMEM'],
      means: 'the kernel has no room for another control group',
      hint: 'remove control groups that are no longer used; this is not about the disk',
    },
    { errno: 'ENOENT', means: 'the parent control group has been removed', hint: 'try again; check --cgroup-parent' },
    { errno: 'ENOTSUP', means: threaded, hint: 'choose another --cgroup-parent' },
  ],
  'cgroup-enable': [
    {
      errno: 'EBUSY',
      means: 'processes are in the parent control group itself, and only its children may have them',
      hint: 'move them into a child group, or choose another --cgroup-parent',
    },
    notDelegated,
    readOnly,
    {
      errno: 'ENOENT',
      means: 'the controller is not available there',
      hint: `it has to be enabled in the groups above, or is mounted as cgroup v1; ${seeDoctor}`,
    },
    { errno: 'EINVAL', means: 'the kernel has no such controller', hint: seeDoctor },
    { errno: 'ENOTSUP', means: threaded, hint: 'choose another --cgroup-parent' },
  ],
  'cgroup-enter': [
    notDelegated,
    readOnly,
    { errno: 'EBUSY', means: 'the group has controllers for its children and may hold no process itself', hint: null },
    { errno: 'ENOTSUP', means: threaded, hint: 'choose another --cgroup-parent' },
  ],
  'cgroup-attach': [{ errno: 'ECONNRESET', means: 'tsrun went away while it asked systemd', hint: null }],
  'cgroup-scope': [{ errno: 'ECONNRESET', means: 'tsrun went away while it asked systemd for a scope', hint: null }],
  'cgroup-write': [
    {
      errno: 'ENOENT',
      when: ({ file }) => file.startsWith('memory.swap'),
      means: 'the kernel does not count swap',
      hint: 'leave --memory-swap out, or boot with swapaccount=1',
    },
    {
      errno: 'ENOENT',
      when: ({ file }) => /^io\.(bfq\.)?weight$/.test(file),
      means: 'no disk has a scheduler with weights',
      hint: 'use --device-read-bps and its sisters, or the scheduler bfq',
    },
    { errno: 'ENOENT', means: 'the controller is not enabled there', hint: seeDoctor },
    {
      errno: 'ENODEV',
      when: ({ file }) => file.startsWith('io.'),
      means: 'there is no such disk, or it is a partition',
      hint: 'name the whole disk, for example /dev/sda',
    },
    {
      errno: ['ERANGE', 'EINVAL'],
      when: ({ file }) => file.startsWith('cpuset.'),
      means: 'the machine does not have all of these',
      hint: 'compare with cpuset.cpus.effective and cpuset.mems.effective of the parent group',
    },
    {
      errno: 'ENOSPC',
      when: ({ file }) => file.startsWith('cpuset.'),
      means: 'the parent group has no processor left for it',
      hint: 'give the parent more with cpuset.cpus',
    },
    {
      errno: 'EBUSY',
      when: ({ file }) => file === 'memory.max',
      means: 'more memory is in use already',
      hint: 'raise --memory',
    },
    { errno: 'EBUSY', means: 'another control group uses it', hint: null },
    {
      errno: ['EINVAL', 'ERANGE'],
      means: 'the kernel does not accept that value',
      hint: 'see the file’s description in cgroup-v2.rst of the kernel',
    },
    { errno: 'ENOTSUP', means: threaded, hint: 'choose another --cgroup-parent' },
    notDelegated,
    readOnly,
  ],
  'cgroup-devices': [
    {
      errno: ['EPERM', 'EACCES'],
      when: (_, { rootless }) => rootless,
      means: 'an ordinary user may not attach BPF programs',
      hint: 'device rules need root; without them file permissions decide',
    },
    {
      errno: ['EPERM', 'EACCES'],
      means: 'BPF programs are refused here',
      hint: 'inside a container, that one needs CAP_BPF or CAP_SYS_ADMIN; or use --limits=best-effort',
    },
    {
      errno: 'EINVAL',
      means: 'the kernel is built without CONFIG_CGROUP_BPF',
      hint: 'use another kernel, or --limits=best-effort',
    },
    {
      errno: 'E2BIG',
      means: 'too many rules or too many programs on this control group',
      hint: 'ask for fewer --device rules',
    },
  ],
};

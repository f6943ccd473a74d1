/** Steps about the process: its birth, its ids, its limits, its rights. */
import type { RaiseRlimit, Rlimit } from '../../plan/plan.ts';
import { type Advice, type AdviceTable, seeDoctor } from './advice.ts';

const outerSeccomp = 'inside a container, that one must allow it: podman run --privileged, or docker run --privileged';

const limitAdvice: readonly Advice<Rlimit | RaiseRlimit>[] = [
  {
    errno: 'EPERM',
    means: 'only CAP_SYS_RESOURCE raises a hard limit',
    hint: 'ask for no more than ulimit -H says, or raise that first',
  },
  {
    errno: 'EINVAL',
    means: 'the soft limit is above the hard one',
    hint: 'write --ulimit NAME=SOFT:HARD with SOFT no larger',
  },
];

export const processAdvice: AdviceTable = {
  'net-device': [
    {
      errno: 'ENODEV',
      calls: ['find the interface'],
      means: 'there is no such interface on the host',
      hint: 'ip link lists them',
    },
    {
      errno: 'EEXIST',
      means: 'the network namespace has an interface of that name already',
      hint: 'give it another name, or one with %d for a free number',
    },
    {
      errno: ['EINVAL', 'ENOTSUP'],
      calls: ['move the interface'],
      means: 'that interface stays in its network namespace: lo and some others cannot be moved',
      hint: null,
    },
    { errno: 'EPERM', means: 'only CAP_NET_ADMIN of both network namespaces moves an interface', hint: null },
  ],
  veth: [
    {
      errno: 'ENOTSUP',
      calls: ['make the interfaces'],
      means: 'the kernel has no virtual Ethernet pairs: CONFIG_VETH is off, or its module is not loaded',
      hint: 'modprobe veth, or use --network none or host',
    },
    {
      errno: 'ENODEV',
      calls: ['find the interface'],
      means: 'the bridge of the network was removed from outside',
      hint: 'start the container again: it is made anew',
    },
    {
      errno: 'EPERM',
      means: 'only CAP_NET_ADMIN of both network namespaces connects them',
      hint: 'run as root, or use --network none',
    },
  ],
  macvlan: [
    {
      errno: 'ENOTSUP',
      calls: ['make the interfaces'],
      means: 'the kernel has no macvlan: CONFIG_MACVLAN is off, or its module is not loaded',
      hint: 'sudo modprobe macvlan, or use a network of the driver bridge',
    },
    {
      errno: 'ENODEV',
      calls: ['find the interface'],
      means: 'the parent of the network was removed',
      hint: 'ip -brief link lists the interfaces of this machine',
    },
    {
      errno: 'EINVAL',
      calls: ['make the interfaces'],
      means:
        'the parent is no Ethernet interface, or one container has all of it (passthru), or its mtu is smaller than that of the network',
      hint: 'ip -d link show type macvlan shows those of the host; tsrun network inspect the mode',
    },
    {
      errno: 'EBUSY',
      calls: ['make the interfaces'],
      means: 'the parent is a port of a bridge, which has all that comes by it',
      hint: 'make the network with that bridge as its parent',
    },
    {
      errno: 'EBUSY',
      calls: ['bring it up'],
      means: 'another interface on that wire has the same MAC address',
      hint: 'give another with --mac-address',
    },
    {
      errno: 'EPERM',
      means: 'only CAP_NET_ADMIN of both network namespaces connects them',
      hint: 'run as root, or use --network none',
    },
  ],
  anchor: [
    {
      errno: 'ENOENT',
      calls: ['open'],
      means: 'the process that holds the network has ended at this moment',
      hint: 'try again: what holds your networks is started anew',
    },
  ],
  pasta: [
    {
      errno: 'EPERM',
      calls: ['setns', 'clone3', 'mount'],
      means: 'a process of yours may not enter the user namespace of the container',
      hint: 'use --network none',
    },
  ],
  forward: [
    {
      errno: 'EADDRINUSE',
      calls: ['bind a socket'],
      means: 'a program of this machine has begun to listen there meanwhile',
      hint: 'ss -lntp says which; choose another port, or none for one that is free: -p 80',
    },
  ],
  join: [
    {
      errno: 'EACCES',
      calls: ['open'],
      means: 'only root, and who runs that process with the same capabilities, may open its namespaces',
      hint: null,
    },
    {
      errno: 'EINVAL',
      calls: ['setns'],
      means: 'it is no namespace of that type, or the one that the runtime is in already',
      hint: null,
    },
    {
      errno: 'EPERM',
      calls: ['setns'],
      means: 'only CAP_SYS_ADMIN in the user namespace that it belongs to joins it',
      hint: null,
    },
  ],
  clone: [
    {
      errno: 'ENOSPC',
      means: 'a limit on the number of namespaces is reached',
      hint: 'this is not about the disk: raise /proc/sys/user/max_*_namespaces, or end some containers',
    },
    {
      errno: 'EUSERS',
      means: 'user namespaces are nested too deeply',
      hint: 'leave --userns out inside such a container',
    },
    {
      errno: 'EPERM',
      when: (_, { rootless }) => rootless,
      means: 'an ordinary user may not make user namespaces here',
      hint: `sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces and kernel.apparmor_restrict_unprivileged_userns decide; ${seeDoctor}`,
    },
    {
      errno: 'EPERM',
      means: 'making namespaces is refused here',
      hint: `${outerSeccomp}; a chroot refuses user namespaces too`,
    },
    { errno: 'EACCES', means: 'the control group lies outside what is delegated to you', hint: seeDoctor },
    {
      errno: 'EBUSY',
      means: 'the control group has controllers for its children and may hold no process itself',
      hint: 'choose another --cgroup-parent',
    },
    { errno: 'ENOTSUP', means: 'the control group is in threaded mode', hint: 'choose another --cgroup-parent' },
    { errno: ['ENODEV', 'ENOENT'], means: 'the control group has been removed', hint: 'try again' },
    {
      errno: 'EAGAIN',
      means: 'a limit on the number of processes is reached',
      hint: 'see ulimit -u, pids.max of your control group and /proc/sys/kernel/pid_max',
    },
    { errno: 'EINVAL', means: 'the kernel lacks one of these namespaces', hint: seeDoctor },
    { errno: 'ENOSYS', means: 'clone3 is not available', hint: `needs Linux 5.15; ${outerSeccomp}` },
    { errno: 'ENOMEM', hint: 'the machine or your control group is out of memory' },
  ],
  'id-map': [
    {
      errno: 'ENOENT',
      when: ({ writer }) => writer === 'newidmap',
      means: 'newuidmap or newgidmap is not installed',
      hint: 'install them: apt install uidmap',
    },
    {
      errno: 'EPERM',
      when: ({ writer }) => writer === 'newidmap',
      means: 'newuidmap or newgidmap refused',
      hint: '/etc/subuid and /etc/subgid must list these ids for you, and the programs must be setuid root: ls -l /usr/bin/newuidmap',
    },
    {
      errno: 'EPERM',
      means: 'these ids are not yours to map',
      hint: `inside a container only its own ids can be mapped: see /proc/self/uid_map; ${seeDoctor}`,
    },
    {
      errno: 'EINVAL',
      means: 'the ranges overlap, or are not mapped in this user namespace',
      hint: 'see /proc/self/uid_map and --userns',
    },
  ],
  'raise-rlimit': limitAdvice,
  rlimit: limitAdvice,
  'oom-score-adj': [
    {
      errno: ['EACCES', 'EPERM'],
      means: 'only CAP_SYS_RESOURCE lowers it',
      hint: 'ask for no less than /proc/self/oom_score_adj says',
    },
    { errno: 'EINVAL', means: 'it is a number from -1000 to 1000', hint: null },
  ],
  'become-root': [
    {
      errno: 'EPERM',
      calls: ['setgroups'],
      means: 'setgroups is denied in this user namespace',
      hint: `it has a single id mapped; ${seeDoctor}`,
    },
    { errno: 'EINVAL', means: 'id 0 is not mapped', hint: 'check --userns' },
  ],
  user: [
    {
      errno: 'EINVAL',
      when: (_, { userns }) => userns,
      means: 'the id is not mapped in the container’s user namespace',
      hint: 'choose a smaller id with --user, or give yourself more in /etc/subuid and /etc/subgid (usermod --add-subuids)',
    },
    {
      errno: 'EPERM',
      when: (_, { rootless }) => rootless,
      means: 'only one id is mapped, so there are no other users and groups',
      hint: 'use --user 0, or get a range: install uidmap and list yourself in /etc/subuid and /etc/subgid',
    },
    {
      errno: 'EPERM',
      means: 'the container is not allowed to change its user',
      hint: 'tsrun itself needs CAP_SETUID and CAP_SETGID',
    },
    {
      errno: 'EAGAIN',
      means: 'that user has more processes than allowed',
      hint: 'raise --ulimit nproc: it counts the processes of the id on the whole host',
    },
  ],
  capabilities: [
    {
      errno: 'EPERM',
      means: 'tsrun does not have all of them itself',
      hint: 'leave --cap-add and --privileged out, or give the outer container these capabilities',
    },
  ],
  'bounding-set': [{ errno: 'EPERM', means: 'tsrun itself lacks CAP_SETPCAP', hint: 'give it to the outer container' }],
  seccomp: [
    {
      errno: 'EINVAL',
      means: 'the kernel refuses the filter: more than 4096 instructions, or a flag it does not know',
      hint: 'make the profile shorter, or use --security-opt seccomp=unconfined',
    },
    { errno: 'ENOMEM', means: 'the filters of this process are too large together', hint: 'make the profile shorter' },
    {
      errno: ['EACCES', 'EPERM'],
      means: 'a filter needs no_new_privs or CAP_SYS_ADMIN',
      hint: 'leave --security-opt no-new-privileges=false out',
    },
    {
      errno: 'ENOSYS',
      means: 'the kernel is built without CONFIG_SECCOMP_FILTER',
      hint: 'use --security-opt seccomp=unconfined',
    },
  ],
  'time-namespace': [
    {
      errno: 'ERANGE',
      means: 'the clock would run backwards past zero, or beyond what it can hold',
      hint: 'choose a smaller offset',
    },
    {
      errno: ['EINVAL', 'ENOENT'],
      means: 'the kernel has no time namespaces',
      hint: 'needs Linux 5.6 with CONFIG_TIME_NS',
    },
    { errno: ['EPERM', 'EACCES'], hint: seeDoctor },
    {
      errno: 'ENOSPC',
      means: 'the limit on time namespaces is reached',
      hint: 'raise /proc/sys/user/max_time_namespaces',
    },
  ],
  session: [
    { errno: 'EPERM', means: 'the process leads a group already', hint: null },
    {
      errno: ['EDQUOT', 'ENOMEM'],
      calls: ['keyctl'],
      means: 'a container has a keyring of its own, and this user has as many keys as he may have',
      hint: 'end containers, or allow more keys: sudo sysctl kernel.keys.maxkeys=2000 kernel.keys.maxbytes=200000',
    },
  ],
  'close-files': [{ errno: 'ENOSYS', hint: 'close_range with CLOEXEC needs Linux 5.11' }],
  lookup: [
    { errno: ['EPIPE', 'ECONNRESET'], means: 'tsrun went away while the container asked for its user', hint: null },
  ],
};

/** Where an errno lies or is not enough: a small table by step and errno. */
import { constants } from 'node:os';
import type { StepFailure } from '../native/messages.ts';
import type { Step } from '../plan/plan.ts';

const { EPERM, EACCES, ENOSPC, ENODEV, EINVAL, EBUSY, ENOENT, EROFS } = constants.errno;

interface Hint {
  readonly kinds: readonly Step['kind'][];
  readonly errno: number;
  readonly text: string;
}

const hints: readonly Hint[] = [
  {
    kinds: ['clone'],
    errno: ENOSPC,
    text: 'this is a limit on the number of namespaces, not a full disk: see /proc/sys/user/max_*_namespaces',
  },
  {
    kinds: ['clone'],
    errno: EPERM,
    text: 'unprivileged user namespaces may be switched off here: "tsrun doctor" tells and says how to change it',
  },
  { kinds: ['clone'], errno: EACCES, text: 'the control group lies outside what is delegated to you: see "tsrun doctor"' },
  { kinds: ['clone'], errno: EINVAL, text: 'the kernel lacks one of the namespaces: see "tsrun doctor"' },
  {
    kinds: ['id-map'],
    errno: EPERM,
    text: 'newuidmap refused: check that /etc/subuid and /etc/subgid have a range for you',
  },
  { kinds: ['id-map'], errno: ENOENT, text: 'install newuidmap and newgidmap (package uidmap)' },
  {
    kinds: ['overlay'],
    errno: EINVAL,
    text: 'the store may lie on a filesystem that overlay cannot write to (overlay itself, 9p, NFS): choose another with --store',
  },
  { kinds: ['overlay'], errno: ENODEV, text: 'the kernel has no overlay filesystem: try "modprobe overlay"' },
  {
    kinds: ['overlay'],
    errno: EPERM,
    text: 'overlay in a user namespace needs Linux 5.11 and a filesystem with user extended attributes',
  },
  { kinds: ['mount'], errno: EPERM, text: 'part of the host’s /proc or /sys is covered by other mounts: see "tsrun doctor"' },
  { kinds: ['mount'], errno: EBUSY, text: 'something is mounted there already' },
  { kinds: ['bind'], errno: ENOENT, text: 'the source does not exist on the host' },
  { kinds: ['bind'], errno: EINVAL, text: 'mounts below the source belong to the host: bind the whole tree' },
  { kinds: ['rlimit'], errno: EPERM, text: 'raising a hard limit needs CAP_SYS_RESOURCE on the host' },
  { kinds: ['oom-score-adj'], errno: EACCES, text: 'lowering the score needs CAP_SYS_RESOURCE on the host' },
  { kinds: ['sysctl'], errno: ENOENT, text: 'this kernel has no such parameter' },
  { kinds: ['sysctl'], errno: EINVAL, text: 'the kernel does not accept that value' },
  { kinds: ['symlink', 'directory', 'device', 'bind', 'mount'], errno: EROFS, text: 'the image’s root is read-only there' },
  { kinds: ['working-directory'], errno: EACCES, text: 'the container’s user may not enter it' },
  { kinds: ['cgroup-write'], errno: EBUSY, text: 'a process is in the parent control group' },
  { kinds: ['cgroup-devices'], errno: EPERM, text: 'an ordinary user may not attach BPF programs' },
];

/** The hint for a failure, or null. */
export const hintFor = (step: Step, failure: StepFailure): string | null =>
  hints.find((hint) => hint.errno === failure.errno && hint.kinds.includes(step.kind))?.text ?? null;

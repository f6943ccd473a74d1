/** Steps that mount into the root: mount(2), mount_namespaces(7). */
import type { Advice, AdviceTable, StepOf } from './advice.ts';
import { covered } from './root-filesystem.ts';
import { notDirectory, targetAdvice } from './targets.ts';

const onto: Advice<StepOf<'bind' | 'mount'>> = {
  errno: ['EINVAL', 'ENOTDIR'],
  calls: ['move_mount'],
  means: 'one is a file and the other a directory',
  hint: 'mount a file onto a file and a directory onto a directory; -v makes a directory of a source that is missing',
};

/** mount_namespaces(7): what came from a more privileged mount namespace stays locked in a less privileged one. */
const locked = {
  means: 'the host’s mount has ro, nosuid, nodev, noexec or an atime option that a user namespace may not take off',
  hint: 'leave rw, suid, dev, exec and atime options out, or repeat what the host’s mount has: ro for a read-only one',
};

export const mountAdvice: AdviceTable = {
  'open-tree': [
    {
      errno: 'EINVAL',
      calls: ['map the ids'],
      means: 'its filesystem, or this kernel, cannot map ids',
      hint: 'ext4, xfs, btrfs and tmpfs can on newer kernels; leave "idmap" and uidMappings out elsewhere',
    },
    {
      errno: 'EPERM',
      calls: ['map the ids'],
      means: 'only root of the user namespace that the filesystem was mounted in may map its ids, and only once',
      hint: 'inside a container, or for a mount whose ids are mapped already, leave "idmap" and uidMappings out',
    },
    {
      errno: ['EINVAL', 'EPERM'],
      calls: ['write the id maps'],
      means: 'the kernel does not take these mappings of the mount',
      hint: 'uidMappings and gidMappings of the mount may not overlap and have at most 340 lines',
    },
    { errno: 'ENOENT', calls: ['open'], means: 'there is no such user namespace', hint: null },
    {
      errno: 'ENOENT',
      when: ({ subpath }) => subpath !== '',
      means: 'there is no such directory or file in the volume',
      hint: 'make it first, in a container that mounts all of the volume',
    },
    { errno: 'ENOENT', means: 'it does not exist on the host', hint: 'check the source of -v or --mount' },
    { errno: 'EACCES', hint: 'check the modes of the directories above it' },
    { errno: 'EINVAL', means: 'it is on a mount that may not be copied (unbindable)', hint: 'bind another path' },
    { errno: 'ELOOP', hint: 'symbolic links go in a circle' },
  ],
  mount: [
    { errno: 'ENODEV', means: 'the kernel has no such filesystem', hint: null },
    {
      errno: ['ENOSPC', 'EFBIG'],
      calls: ['write'],
      means: 'what the image has there does not fit',
      hint: 'raise the size: --tmpfs PATH:size=SIZE',
    },
    {
      errno: 'EINVAL',
      calls: ['fsconfig'],
      when: ({ parameters }) => parameters.some((parameter) => parameter.startsWith('context=')),
      means: 'the filesystem does not take that option or value; "context" needs SELinux in the kernel',
      hint: 'leave linux.mountLabel of config.json out where SELinux is not enabled',
    },
    {
      errno: 'ENOTSUP',
      calls: ['setxattr'],
      means: 'labels need SELinux in the kernel',
      hint: 'leave linux.mountLabel of config.json out where SELinux is not enabled',
    },
    {
      errno: 'EINVAL',
      calls: ['fsconfig'],
      when: ({ filesystem }) => filesystem === 'tmpfs',
      means: 'tmpfs does not take that option or value',
      hint: 'options are size, mode, uid, gid, nr_inodes, nr_blocks; see tmpfs(5)',
    },
    { errno: 'EINVAL', calls: ['fsconfig'], means: 'the filesystem does not take that option or value', hint: null },
    {
      errno: 'EPERM',
      when: ({ filesystem }, { userns }) => filesystem === 'sysfs' && userns,
      means: 'the network namespace is another user namespace’s',
      hint: 'with --network host, /sys can only be the host’s',
    },
    {
      errno: 'EPERM',
      when: ({ filesystem }, { userns }) => filesystem === 'mqueue' && userns,
      means: 'the ipc namespace is another user namespace’s',
      hint: 'leave --ipc host out',
    },
    {
      errno: 'EPERM',
      when: ({ filesystem }, { userns }) => filesystem === 'cgroup2' && userns,
      means: 'the cgroup namespace is another user namespace’s',
      hint: 'leave --cgroupns host out',
    },
    {
      errno: 'EPERM',
      when: ({ filesystem }, { userns }) => filesystem === 'proc' && userns,
      means: covered.means ?? '',
      hint: covered.hint,
    },
    {
      errno: 'EPERM',
      calls: ['fsopen', 'fsconfig', 'fsmount'],
      means: 'mounting is refused here',
      hint: 'inside a container, that one needs CAP_SYS_ADMIN; in a user namespace few filesystems can be mounted',
    },
    {
      errno: 'EBUSY',
      means: 'the filesystem is in use with other options',
      hint: 'a cgroup hierarchy that is mounted as v1 cannot be mounted as v2',
    },
    {
      errno: 'ENOSYS',
      hint: 'the mount API of descriptors needs Linux 5.2, and a seccomp profile outside that allows it',
    },
    onto,
    ...targetAdvice,
    notDirectory,
  ],
  bind: [
    {
      errno: 'ENOENT',
      calls: ['open_tree'],
      when: ({ source }) => source.from === 'path' && source.subpath !== '',
      means: 'there is no such directory or file in the volume',
      hint: 'make it first, in a container that mounts all of the volume',
    },
    {
      errno: 'ENOENT',
      calls: ['open_tree'],
      means: 'it does not exist on the host',
      hint: 'check the source of -v or --mount',
    },
    {
      errno: 'EACCES',
      calls: ['open_tree'],
      when: (_, { rootless }) => rootless,
      means: 'the container’s root may not enter a directory above it',
      hint: 'without root a volume must lie below directories that others may enter: chmod o+x them, or move it',
    },
    { errno: 'EACCES', calls: ['open_tree'], hint: 'check the modes of the directories above it' },
    {
      errno: 'EINVAL',
      calls: ['open_tree'],
      when: ({ reach }, { userns }) => reach === 'this' && userns,
      means: 'mounts below it would be uncovered, which a user namespace may not do',
      hint: 'bind the whole tree: leave bind-nonrecursive out',
    },
    {
      errno: 'EINVAL',
      calls: ['open_tree'],
      means: 'it is on a mount that may not be copied (unbindable)',
      hint: 'bind another path',
    },
    { errno: 'EPERM', calls: ['mount_setattr'], ...locked },
    {
      errno: 'EINVAL',
      calls: ['mount_setattr'],
      means: 'this kernel does not know the option',
      hint: 'nosymfollow needs Linux 5.14',
    },
    onto,
    {
      errno: 'ENOTDIR',
      calls: ['openat2'],
      means: 'the target, or a part of its path, is a file in the image',
      hint: onto.hint,
    },
    ...targetAdvice,
  ],
  remount: [
    {
      errno: 'EINVAL',
      calls: ['mount_setattr', 'fspick'],
      means: 'nothing is mounted there, or this kernel does not know the option',
      hint: '"remount" stands behind the mount that it changes, with the same destination',
    },
    {
      errno: 'EPERM',
      calls: ['mount_setattr'],
      ...locked,
    },
    { errno: 'EPERM', means: 'the filesystem belongs to another user namespace', hint: null },
    { errno: 'EINVAL', calls: ['fsconfig'], means: 'the filesystem does not take that option or value', hint: null },
    ...targetAdvice,
  ],
  device: [
    {
      errno: 'ENOENT',
      calls: ['open_tree'],
      means: 'it does not exist on the host',
      hint: 'check the path of --device',
    },
    {
      errno: 'ENODEV',
      calls: ['check the device'],
      means: 'it is another device now than when it was looked at',
      hint: 'something replaced it on the host: try again',
    },
    { errno: 'EACCES', calls: ['open_tree'], hint: 'check the modes of the directories above it' },
    {
      errno: 'EPERM',
      calls: ['mknod'],
      means: 'making devices is refused here',
      hint: 'inside a container, that one needs CAP_MKNOD',
    },
    {
      errno: 'EEXIST',
      means: 'the image or a volume has something there already',
      hint: 'choose another path: --device SRC:DST',
    },
    ...targetAdvice,
    notDirectory,
  ],
  'mask-path': [
    {
      errno: 'ENODEV',
      calls: ['check the device'],
      means: '/dev/null in the container is not the null device',
      hint: 'a volume or the image has put something else there: do not mount over /dev',
    },
    {
      errno: 'ENOENT',
      calls: ['check the device'],
      means: 'the container has no /dev/null to cover it with',
      hint: 'do not mount over /dev',
    },
    ...targetAdvice,
    notDirectory,
  ],
  'readonly-path': [...targetAdvice, notDirectory],
};

/** Steps that mount: mount(2), mount_namespaces(7), Documentation/filesystems/overlayfs.rst. */
import { type Advice, type AdviceTable, type StepOf, seeDoctor } from './advice.ts';
import { notDirectory, targetAdvice } from './targets.ts';

/** SB_I_USERNS_VISIBLE: what of a filesystem is hidden stays hidden (fs/namespace.c, mount_too_revealing). */
const covered: Advice<StepOf<'mount' | 'proc-handle'>> = {
  errno: 'EPERM',
  when: (_, { userns }) => userns,
  means: 'part of the one outside is covered by other mounts, as in a container',
  hint: 'inside docker or podman give the outer container --security-opt systempaths=unconfined or --privileged',
};
const onto: Advice<StepOf<'bind' | 'mount'>> = {
  errno: ['EINVAL', 'ENOTDIR'],
  calls: ['move_mount'],
  means: 'one is a file and the other a directory',
  hint: 'mount a file onto a file and a directory onto a directory; -v makes a directory of a source that is missing',
};

export const mountAdvice: AdviceTable = {
  'open-path': [
    {
      errno: 'EACCES',
      means: 'a directory above it may not be entered',
      hint: 'the store and the image directory must be yours: choose another --store',
    },
    { errno: 'ENOENT', means: 'it has been removed meanwhile', hint: 'try again' },
  ],
  'open-tree': [
    { errno: 'ENOENT', means: 'it does not exist on the host', hint: 'check the source of -v or --mount' },
    { errno: 'EACCES', hint: 'check the modes of the directories above it' },
    { errno: 'EINVAL', means: 'it is on a mount that may not be copied (unbindable)', hint: 'bind another path' },
    { errno: 'ELOOP', hint: 'symbolic links go in a circle' },
  ],
  'root-propagation': [
    { errno: 'EINVAL', means: '/ is not a mount point here, as in a chroot', hint: 'run tsrun outside of the chroot' },
    {
      errno: 'EPERM',
      means: 'mounting is refused here',
      hint: 'inside a container, that one needs CAP_SYS_ADMIN and a seccomp profile that allows mount',
    },
  ],
  'proc-handle': [
    covered,
    { errno: 'EPERM', means: 'mounting is refused here', hint: 'inside a container, that one needs CAP_SYS_ADMIN' },
  ],
  overlay: [
    { errno: 'ENODEV', means: 'the kernel has no overlay filesystem', hint: 'modprobe overlay' },
    {
      errno: 'EINVAL',
      means: 'overlay cannot use the filesystem of the store',
      hint: 'overlay itself, NFS, 9p, vfat and ecryptfs cannot hold the writable layer: choose a --store on ext4, xfs, btrfs or tmpfs',
    },
    {
      errno: 'EPERM',
      when: (_, { userns }) => userns,
      means: 'overlay in a user namespace is refused',
      hint: `needs Linux 5.11; ${seeDoctor}`,
    },
    {
      errno: 'EPERM',
      means: 'mounting is refused here',
      hint: 'inside a container, that one needs CAP_SYS_ADMIN and a seccomp profile that allows mount',
    },
    {
      errno: 'EACCES',
      calls: ['mount'],
      means: 'a layer or the writable directory may not be entered',
      hint: 'the store must be yours and lie below directories that you may enter: choose another --store',
    },
    {
      errno: 'EACCES',
      calls: ['open'],
      means: 'the root of the image may not be entered by the container’s root',
      hint: 'chmod a+x the image directory, or run the image from an archive',
    },
    {
      errno: 'ENOTSUP',
      means: 'the filesystem of the store has no extended attributes for overlay',
      hint: 'user extended attributes need Linux 6.6 on tmpfs: choose a --store on ext4, xfs or btrfs',
    },
    { errno: 'EBUSY', means: 'another mount uses the writable directory', hint: 'end the container that does' },
    { errno: 'ESTALE', means: 'the writable directory was used with other layers', hint: 'remove it' },
    { errno: 'ELOOP', means: 'overlays are stacked too deeply', hint: 'choose a --store that is not on an overlay' },
    {
      errno: 'E2BIG',
      means: 'there are more layers than one mount takes',
      hint: 'squash the image: buildah build --squash',
    },
    {
      errno: ['ENOSPC', 'EDQUOT'],
      means: 'the disk of the store is full, or your quota is used up',
      hint: 'make room, or choose another --store',
    },
    { errno: 'EROFS', means: 'the store is on a read-only filesystem', hint: 'choose another --store' },
    { errno: 'ENOENT', means: 'a layer has been removed meanwhile', hint: 'try again' },
  ],
  'rootfs-bind': [
    { errno: 'EACCES', hint: 'check the modes of the directories above it' },
    { errno: 'EINVAL', means: 'it is on a mount that may not be copied', hint: 'copy it elsewhere' },
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
    {
      errno: 'EPERM',
      calls: ['mount_setattr'],
      means: 'the host’s mount has options that a user namespace may not take off',
      hint: 'repeat them: for example -v SRC:DST:ro for a source that is mounted read-only',
    },
    {
      errno: 'EINVAL',
      calls: ['mount_setattr'],
      means: 'the mount does not take that propagation or option',
      hint: 'shared needs a source whose mount is shared: mount --make-shared',
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
  'pivot-root': [
    {
      errno: 'EINVAL',
      means: 'the machine’s root is an initramfs, or not a mount point',
      hint: 'switch_root to a real root filesystem before tsrun is started',
    },
    {
      errno: 'EPERM',
      means: 'pivot_root is refused here',
      hint: 'inside a container, that one needs a seccomp profile that allows it',
    },
  ],
  'root-readonly': [{ errno: 'EPERM', hint: seeDoctor }],
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

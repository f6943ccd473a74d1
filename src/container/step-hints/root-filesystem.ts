/** Steps about the root filesystem: mount(2), pivot_root(2), Documentation/filesystems/overlayfs.rst. */
import { type Advice, type AdviceTable, type StepOf, seeDoctor } from './advice.ts';

/** SB_I_USERNS_VISIBLE: what of a filesystem is hidden stays hidden (fs/namespace.c, mount_too_revealing). */
export const covered: Advice<StepOf<'mount' | 'proc-handle'>> = {
  errno: 'EPERM',
  when: (_, { userns }) => userns,
  means: 'part of the one outside is covered by other mounts, as in a container',
  hint: 'inside docker or podman give the outer container --security-opt systempaths=unconfined or --privileged',
};
export const rootFilesystemAdvice: AdviceTable = {
  'open-path': [
    {
      errno: 'EACCES',
      means: 'a directory above it may not be entered',
      hint: 'the store and the image directory must be yours: choose another --store',
    },
    { errno: 'ENOENT', means: 'it has been removed meanwhile', hint: 'try again' },
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
    {
      errno: 'EXDEV',
      means: 'what lies at /proc there is no procfs, and would take a label or parameter and do nothing',
      hint: 'leave the container its /proc, or start the command without a label',
    },
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
};

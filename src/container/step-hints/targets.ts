/** Paths inside the container that a step has to open or make. */
import type { Advice, StepOf } from './advice.ts';

type TargetKind =
  | 'mount'
  | 'remount'
  | 'bind'
  | 'device'
  | 'symlink'
  | 'directory'
  | 'console'
  | 'mask-path'
  | 'readonly-path';

/** Rows for every step with a target in the image. */
export const targetAdvice: readonly Advice<StepOf<TargetKind>>[] = [
  {
    errno: 'EROFS',
    means: 'a mount above it is read-only, so nothing can be made there',
    hint: 'make the mount point in the image or in the volume above it, or leave :ro out',
  },
  {
    errno: ['EACCES', 'EPERM', 'EOVERFLOW'],
    calls: ['openat2', 'mkdir', 'symlink', 'mknod', 'chown'],
    when: (_, { userns }) => userns,
    means: 'its directory belongs to a user whom the container’s user namespace does not know',
    hint: 'a rootfs directory or a volume of another user: chown it to yours, or run the image from an archive, whose files get fitting owners',
  },
  {
    errno: 'EACCES',
    calls: ['openat2', 'mkdir'],
    means: 'a directory above it may not be entered',
    hint: 'check the modes of the directories in the image',
  },
  {
    errno: 'ELOOP',
    means:
      'symbolic links in the image go in a circle, or it is a link of the kernel’s that would leave the container (/proc/self/fd)',
    hint: 'choose another path',
  },
  {
    errno: ['ENOSPC', 'EDQUOT'],
    means: 'the disk of the store is full, or your quota is used up',
    hint: 'make room, or choose another --store',
  },
  { errno: 'ENAMETOOLONG', means: 'a name has at most 255 bytes, a path 4095', hint: null },
];

/** For steps that have no better word for it. */
export const notDirectory: Advice<StepOf<TargetKind>> = {
  errno: 'ENOTDIR',
  means: 'a part of the path is a file in the image',
  hint: 'choose another path, or remove that file from the image',
};

// What a container without a mount namespace has mounted on its root: it is the host's, and the
// kernel does not take it away with the container.
#ifndef TSRUN_SYS_ROOT_MOUNT_H_
#define TSRUN_SYS_ROOT_MOUNT_H_

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>

namespace tsrun {

// The mount that is uppermost at a path. False: errno says why.
inline bool TopMount(const char* path, uint64_t* id) {
  struct statx found = {};
  if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &found) != 0) return false;
  if ((found.stx_mask & STATX_MNT_ID) == 0) {
    errno = ENOSYS;
    return false;
  }
  *id = found.stx_mnt_id;
  return true;
}

// Takes what lies above the mount `before` away, with all that is mounted below it. EINVAL: by then
// the path is no mount point any more. 0, or errno.
inline int DetachAbove(const char* path, uint64_t before) {
  uint64_t top = 0;
  if (!TopMount(path, &top)) return errno == ENOENT ? 0 : errno;
  if (top == before || umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0) return 0;
  return errno == EINVAL ? 0 : errno;
}

}  // namespace tsrun

#endif  // TSRUN_SYS_ROOT_MOUNT_H_

// Paths of /proc and /sys that a container must not read or not write.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "init/context.h"
#include "init/path.h"
#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// The container's /dev/null, and nothing else: a link planted there would bind any file over the
// mask (CVE-2025-31133).
Fd NullDevice(InitContext& ctx) {
  Fd null(OpenBelowRoot(ctx, "/dev/null", O_PATH | O_NOFOLLOW));
  struct stat st = {};
  if (!null.valid() || fstat(null.get(), &st) != 0) return Fd();
  if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)) {
    errno = ENODEV;
    return Fd();
  }
  return Fd(sys::OpenTree(null.get(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
}

int EmptyDirectory(InitContext& ctx, Fd* mount) {
  Fd fs(sys::Fsopen("tmpfs"));
  if (!fs.valid()) return Failed(ctx, Op::kFsopen);
  if (sys::FsconfigString(fs.get(), "size", "0k") != 0 ||
      sys::FsconfigString(fs.get(), "nr_inodes", "1") != 0 ||
      sys::FsconfigString(fs.get(), "mode", "0555") != 0 || sys::FsconfigCreate(fs.get()) != 0) {
    return Failed(ctx, Op::kFsconfig);
  }
  *mount = Fd(sys::Fsmount(
      fs.get(), MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
  return mount->valid() ? 0 : Failed(ctx, Op::kFsmount);
}

}  // namespace

int Perform(InitContext& ctx, const MaskPath& step) {
  Fd target(OpenBelowRoot(ctx, step.path, O_PATH));
  if (!target.valid()) return errno == ENOENT || errno == ENOTDIR ? 0 : Failed(ctx, Op::kResolve);
  struct stat st = {};
  if (fstat(target.get(), &st) != 0) return Failed(ctx, Op::kResolve);
  Fd cover;
  if (S_ISDIR(st.st_mode)) {
    const int err = EmptyDirectory(ctx, &cover);
    if (err != 0) return err;
  } else {
    cover = NullDevice(ctx);
    if (!cover.valid()) return Failed(ctx, Op::kNotDevice);
  }
  if (sys::MoveMount(cover.get(), target.get()) != 0) return Failed(ctx, Op::kMoveMount);
  return 0;
}

int Perform(InitContext& ctx, const ReadonlyPath& step) {
  Fd target(OpenBelowRoot(ctx, step.path, O_PATH));
  if (!target.valid()) return errno == ENOENT || errno == ENOTDIR ? 0 : Failed(ctx, Op::kResolve);
  Fd copy(sys::OpenTree(target.get(), "",
                        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE));
  if (!copy.valid()) return Failed(ctx, Op::kOpenTree);
  struct mount_attr attr = {};
  attr.attr_set = MOUNT_ATTR_RDONLY;
  if (sys::MountSetattr(copy.get(), AT_RECURSIVE, &attr) != 0)
    return Failed(ctx, Op::kMountSetattr);
  if (sys::MoveMount(copy.get(), target.get()) != 0) return Failed(ctx, Op::kMoveMount);
  return 0;
}

}  // namespace tsrun

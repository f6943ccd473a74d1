// Device nodes on the container's own /dev. A user namespace may not mknod: the host's node is
// bound there instead.
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "init/context.h"
#include "init/path.h"
#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

mode_t TypeBits(uint8_t type) { return type == 0 ? S_IFCHR : type == 1 ? S_IFBLK : S_IFIFO; }

int MakeNode(InitContext& ctx, const Device& step) {
  char name[NAME_MAX + 1];
  Fd parent(OpenParent(ctx, step.path, name));
  if (!parent.valid()) return Failed(ctx, Op::kResolve);
  const mode_t type = TypeBits(step.type);
  const dev_t device = type == S_IFIFO ? 0 : makedev(step.major, step.minor);
  if (mknodat(parent.get(), name, type | (step.mode & 07777), device) != 0)
    return Failed(ctx, Op::kMknod);
  if (step.uid == 0 && step.gid == 0) return 0;
  // The directory may be a volume that others write to: what the name leads to now need not be what
  // was just made, and outside of the new root a link would lead to the host's files. So: opened,
  // looked at, changed by descriptor.
  Fd node(openat(parent.get(), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat st = {};
  if (!node.valid() || fstat(node.get(), &st) != 0) return Failed(ctx, Op::kOpen);
  if ((st.st_mode & S_IFMT) != type || st.st_rdev != device) {
    errno = ENODEV;
    return Failed(ctx, Op::kNotDevice);
  }
  if (fchownat(node.get(), "", step.uid, step.gid, AT_EMPTY_PATH) != 0)
    return Failed(ctx, Op::kChown);
  return 0;
}

int BindNode(InitContext& ctx, const Device& step) {
  Fd node(sys::OpenTree(AT_FDCWD, step.source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!node.valid()) return Failed(ctx, Op::kOpenTree);
  struct stat st = {};
  if (fstat(node.get(), &st) != 0) return Failed(ctx, Op::kOpen);
  const bool same = (st.st_mode & S_IFMT) == TypeBits(step.type) &&
                    (step.type == 2 || st.st_rdev == makedev(step.major, step.minor));
  if (!same) {
    errno = ENODEV;
    return Failed(ctx, Op::kNotDevice);
  }
  Fd target(EnsureTarget(ctx, step.path, TargetKind::kFile));
  if (!target.valid()) return Failed(ctx, Op::kResolve);
  if (sys::MoveMount(node.get(), target.get()) != 0) return Failed(ctx, Op::kMoveMount);
  return 0;
}

}  // namespace

int Perform(InitContext& ctx, const Device& step) {
  return step.how == 0 ? MakeNode(ctx, step) : BindNode(ctx, step);
}

}  // namespace tsrun

// Bind mounts: a copy of the source's mount as a descriptor, changed while nobody sees it, then
// moved onto the target.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "init/attributes.h"
#include "init/context.h"
#include "init/path.h"
#include "sys/fd.h"

namespace tsrun {
namespace {

int SetAttributes(InitContext& ctx, int tree, const Bind& step) {
  if (!step.set_attributes) return 0;
  struct mount_attr attr = {};
  attr.attr_set = AttributeBits(step.attributes);
  // The access-time mode is a field of several bits: to set it, the old one must be cleared
  // (mount_setattr(2)).
  if (step.attributes.atime != Atime::kRelatime) attr.attr_clr = MOUNT_ATTR__ATIME;
  if (attr.attr_set == 0) return 0;
  const unsigned reach = step.attributes_reach == Reach::kTree ? AT_RECURSIVE : 0;
  if (sys::MountSetattr(tree, reach, &attr) != 0) return Failed(ctx, Op::kMountSetattr);
  return 0;
}

int SetPropagation(InitContext& ctx, int tree, const Bind& step) {
  static const uint64_t kTypes[] = {1u << 18, 1u << 19, 1u << 20,
                                    1u << 17};  // as MS_PRIVATE, MS_SLAVE, ...
  // A shared source must stay a peer of the host's: setting it shared again would start a new peer
  // group.
  if (step.propagation == PropagationKind::kShared) return 0;
  struct mount_attr attr = {};
  attr.propagation = kTypes[static_cast<int>(step.propagation)];
  const unsigned reach = step.propagation_reach == Reach::kTree ? AT_RECURSIVE : 0;
  if (sys::MountSetattr(tree, reach, &attr) != 0) return Failed(ctx, Op::kMountSetattr);
  return 0;
}

}  // namespace

int Perform(InitContext& ctx, const Bind& step) {
  Fd tree;
  if (step.from_slot) {
    tree = Fd(SlotFd(ctx, step.slot));
    if (tree.valid()) ctx.slots[step.slot] = -1;
  } else {
    const unsigned reach = step.reach == Reach::kTree ? AT_RECURSIVE : 0;
    tree = Fd(sys::OpenTree(AT_FDCWD, step.path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | reach));
    if (!tree.valid()) return Failed(ctx, Op::kOpenTree);
  }
  int err = SetAttributes(ctx, tree.get(), step);
  if (err != 0) return err;
  err = SetPropagation(ctx, tree.get(), step);
  if (err != 0) return err;
  struct stat st = {};
  if (fstat(tree.get(), &st) != 0) return Failed(ctx, Op::kOpen);
  Fd target(EnsureTarget(ctx, step.target,
                         S_ISDIR(st.st_mode) ? TargetKind::kDirectory : TargetKind::kFile));
  if (!target.valid()) return Failed(ctx, Op::kResolve);
  if (sys::MoveMount(tree.get(), target.get()) != 0) return Failed(ctx, Op::kMoveMount);
  return 0;
}

}  // namespace tsrun

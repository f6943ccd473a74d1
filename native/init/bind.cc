// Bind mounts: a copy of the source's mount as a descriptor, its attributes changed while nobody
// sees it, then moved onto the target.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "init/attributes.h"
#include "init/context.h"
#include "init/path.h"
#include "sys/fd.h"
#include "sys/open_below.h"

namespace tsrun {
int Perform(InitContext& ctx, const Bind& step) {
  Fd tree;
  if (step.from_slot) {
    tree = Fd(SlotFd(ctx, step.slot));
    if (tree.valid()) ctx.slots[step.slot] = -1;
  } else {
    const unsigned reach = step.reach == Reach::kTree ? AT_RECURSIVE : 0;
    tree = Fd(OpenTreeBelow(step.path, step.subpath, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | reach));
    if (!tree.valid()) return Failed(ctx, Op::kOpenTree);
  }
  const int err = ChangeAttributes(ctx, tree.get(), step.changes);
  if (err != 0) return err;
  struct stat st = {};
  if (fstat(tree.get(), &st) != 0) return Failed(ctx, Op::kOpen);
  Fd target(EnsureTarget(ctx, step.target,
                         S_ISDIR(st.st_mode) ? TargetKind::kDirectory : TargetKind::kFile));
  if (!target.valid()) return Failed(ctx, Op::kResolve);
  if (sys::MoveMount(tree.get(), target.get()) != 0) return Failed(ctx, Op::kMoveMount);
  // Last: what is attached below a shared mount becomes shared, and what may not be copied could
  // not be attached there. A copy of a shared mount stays a peer of it when it is made shared
  // again.
  return SetPropagation(ctx, tree.get(), step.propagation, step.propagation_reach);
}

}  // namespace tsrun

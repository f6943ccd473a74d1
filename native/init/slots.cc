// Host paths opened while init still has the launcher's user id: a child mapped to subordinate ids
// cannot traverse the 0700 store later, and overlay and open_tree refuse descriptors of the
// parent's mount namespace.
#include <fcntl.h>

#include <cerrno>

#include "init/context.h"
#include "sys/syscalls.h"

namespace tsrun {

int Perform(InitContext& ctx, const OpenPath& step) {
  if (step.slot >= kMaxSlots) {
    errno = EMFILE;
    return Failed(ctx, Op::kOpen);
  }
  const int fd = open(step.path, O_PATH | O_CLOEXEC);
  if (fd < 0) return Failed(ctx, Op::kOpen);
  ctx.slots[step.slot] = fd;
  return 0;
}

}  // namespace tsrun

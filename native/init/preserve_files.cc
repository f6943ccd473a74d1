// Descriptors that the command inherits behind standard error: --preserve-fds.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "init/context.h"

namespace tsrun {
namespace {

constexpr int kFirst = 3;

// Above the places that are about to be taken.
int Raise(InitContext& ctx, int* fd, int above) {
  if (*fd < 0 || *fd >= above) return 0;
  const int higher = fcntl(*fd, F_DUPFD_CLOEXEC, above);
  if (higher < 0) return Failed(ctx, Op::kDup);
  close(*fd);
  *fd = higher;
  return 0;
}

}  // namespace

// First of init's steps: whatever is opened after it finds the places taken.
int Perform(InitContext& ctx, const PreserveFiles& step) {
  const int above = kFirst + static_cast<int>(step.slots.size());
  int err = Raise(ctx, &ctx.monitor, above);
  for (int& slot : ctx.slots) {
    if (err == 0) err = Raise(ctx, &slot, above);
  }
  if (err != 0) return err;
  int to = kFirst;
  for (const uint32_t slot : step.slots) {
    // dup2 leaves close-on-exec behind.
    const int from = SlotFd(ctx, slot);
    if (dup2(from, to++) < 0) return Failed(ctx, Op::kDup);
    close(from);
    ctx.slots[slot] = -1;
  }
  return 0;
}

}  // namespace tsrun

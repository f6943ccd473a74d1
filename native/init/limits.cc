// The limits of the command, set when nothing is left to do that they could be in the way of: init
// opens files and makes processes on its way. Never above what the monitor has made room for, so
// that no capability is needed (getrlimit(2)).
#include <sys/resource.h>

#include <cerrno>

#include "init/context.h"

namespace tsrun {

int Perform(InitContext& ctx, const Rlimit& step) {
  const struct rlimit limit = {step.soft, step.hard};
  if (prlimit(0, static_cast<__rlimit_resource>(step.resource), &limit, nullptr) != 0)
    return Failed(ctx, Op::kPrlimit);
  return 0;
}

}  // namespace tsrun

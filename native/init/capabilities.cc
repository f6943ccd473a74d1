// capabilities(7).
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "init/context.h"

namespace tsrun {

int Perform(InitContext& ctx, const BoundingSet& step) {
  for (unsigned capability = 0; capability < 64; ++capability) {
    if ((step.keep >> capability & 1) != 0) continue;
    // EINVAL: beyond the last capability this kernel knows.
    if (prctl(PR_CAPBSET_DROP, capability) != 0)
      return errno == EINVAL ? 0 : Failed(ctx, Op::kPrctl);
  }
  return 0;
}

int Perform(InitContext& ctx, const Capabilities& step) {
  // Who a looked-up user is was not known when the plan was made. execve(2) takes an ordinary
  // user's capabilities anyway; taken here, one step early, the working directory and the command
  // are opened with the user's own rights.
  const bool none = ctx.ordinary_user;
  const uint64_t effective = none ? 0 : step.effective;
  const uint64_t permitted = none ? 0 : step.permitted;
  const uint64_t ambient = none ? 0 : step.ambient;
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {};
  for (int half = 0; half < 2; ++half) {
    data[half].effective = static_cast<uint32_t>(effective >> (32 * half));
    data[half].permitted = static_cast<uint32_t>(permitted >> (32 * half));
    data[half].inheritable = static_cast<uint32_t>(step.inheritable >> (32 * half));
  }
  if (syscall(SYS_capset, &header, data) != 0) return Failed(ctx, Op::kCapset);
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return Failed(ctx, Op::kPrctl);
  for (unsigned capability = 0; capability < 64; ++capability) {
    if ((ambient >> capability & 1) == 0) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
      return Failed(ctx, Op::kPrctl);
  }
  return 0;
}

}  // namespace tsrun

// no_new_privs and the system call filter.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/context.h"

namespace tsrun {

int Perform(InitContext& ctx, const NoNewPrivileges&) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed(ctx, Op::kPrctl);
  return 0;
}

int Perform(InitContext& ctx, const Seccomp& step) {
  struct sock_fprog program = {};
  program.len = static_cast<unsigned short>(step.program.size / sizeof(struct sock_filter));
  // The kernel copies it from here; only the pointer's type is not const.
  program.filter = reinterpret_cast<struct sock_filter*>(const_cast<uint8_t*>(step.program.data));
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, step.flags, &program) != 0)
    return Failed(ctx, Op::kSeccomp);
  return 0;
}

}  // namespace tsrun

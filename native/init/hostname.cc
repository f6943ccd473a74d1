// The UTS namespace's two names.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "init/context.h"

namespace tsrun {

int Perform(InitContext& ctx, const Hostname& step) {
  if (syscall(SYS_sethostname, step.hostname, strlen(step.hostname)) != 0)
    return Failed(ctx, Op::kSethostname);
  return 0;
}

int Perform(InitContext& ctx, const Domainname& step) {
  if (syscall(SYS_setdomainname, step.domainname, strlen(step.domainname)) != 0) {
    return Failed(ctx, Op::kSetdomainname);
  }
  return 0;
}

}  // namespace tsrun

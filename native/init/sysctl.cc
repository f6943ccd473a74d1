// Kernel parameters of the new namespaces, through the private procfs.
#include <fcntl.h>
#include <limits.h>

#include <cerrno>
#include <cstring>

#include "init/context.h"
#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {

int Perform(InitContext& ctx, const Sysctl& step) {
  char path[PATH_MAX] = "sys/";
  const size_t length = strlen(step.path);
  if (length + 5 > sizeof path) {
    errno = ENAMETOOLONG;
    return Failed(ctx, Op::kOpen);
  }
  memcpy(path + 4, step.path, length + 1);
  // A name of sysctl(8) needs none of these, and what is found on its way is the kernel's: they are
  // for what somebody mounted over the host's procfs, and for a name that was not checked before.
  // They overlap (openat2(2)): procfs is the root of its mount, so that ".." would cross it.
  Fd file(sys::Openat2(ctx.proc, path, O_WRONLY | O_CLOEXEC, 0,
                       RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV));
  if (!file.valid()) return Failed(ctx, Op::kOpen);
  if (write(file.get(), step.value, strlen(step.value)) < 0) return Failed(ctx, Op::kWrite);
  return 0;
}

}  // namespace tsrun

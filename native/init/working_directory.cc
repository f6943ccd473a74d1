// The working directory, entered as the user after the root has changed.
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "init/context.h"

namespace tsrun {

int Perform(InitContext& ctx, const WorkingDirectory& step) {
  if (chdir(step.path) != 0) return Failed(ctx, Op::kChdir);
  // A directory outside the root reads as "(unreachable)/...": a leaked descriptor reached by
  // /proc/self/fd/N would hand out the host's files (CVE-2024-21626).
  char path[PATH_MAX];
  if (syscall(SYS_getcwd, path, sizeof path) < 0) return Failed(ctx, Op::kGetcwd);
  if (path[0] != '/') {
    errno = EXDEV;
    return Failed(ctx, Op::kGetcwd);
  }
  return 0;
}

}  // namespace tsrun

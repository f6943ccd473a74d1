// The working directory, entered as the user after the root has changed.
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "init/context.h"
#include "sys/fd.h"

namespace tsrun {
namespace {

// For a filter that denies getcwd(2) and is in force by now: from an absolute path only the links
// of procfs lead out of the root, so the directory is reached without any.
bool EnterWithoutLinksOut(const char* path) {
  struct open_how how = {};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_MAGICLINKS;
  const Fd directory(static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how)));
  return directory.valid() && fchdir(directory.get()) == 0;
}

}  // namespace

int Perform(InitContext& ctx, const WorkingDirectory& step) {
  if (chdir(step.path) != 0) return Failed(ctx, Op::kChdir);
  // A directory outside the root reads as "(unreachable)/...": a leaked descriptor reached by
  // /proc/self/fd/N would hand out the host's files (CVE-2024-21626).
  char path[PATH_MAX];
  if (syscall(SYS_getcwd, path, sizeof path) < 0) {
    const int denied = errno;
    if (step.path[0] == '/' && EnterWithoutLinksOut(step.path)) return 0;
    errno = denied;
    return Failed(ctx, Op::kGetcwd);
  }
  if (path[0] != '/') {
    errno = EXDEV;
    return Failed(ctx, Op::kGetcwd);
  }
  return 0;
}

}  // namespace tsrun

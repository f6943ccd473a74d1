// A procfs of the new pid namespace that no path leads to: what is written through it reaches the
// kernel, whatever the image or a volume has put at /proc (CVE-2019-19921, CVE-2025-52881).
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>

#include "init/context.h"
#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// Its root: a container may have put something else there, or a directory from further below.
bool IsProcfs(int fd) {
  constexpr ino_t kRoot = 1;
  struct statfs fs = {};
  struct stat st = {};
  return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC && fstat(fd, &st) == 0 &&
         st.st_ino == kRoot;
}

}  // namespace

int Perform(InitContext& ctx, const ProcHandle& step) {
  if (step.instance == 1) {
    ctx.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (ctx.proc < 0) return Failed(ctx, Op::kOpen);
    if (IsProcfs(ctx.proc)) return 0;
    errno = EXDEV;
    return Failed(ctx, Op::kOpen);
  }
  Fd fs(sys::Fsopen("proc"));
  if (!fs.valid()) return Failed(ctx, Op::kFsopen);
  if (sys::FsconfigCreate(fs.get()) != 0) return Failed(ctx, Op::kFsconfig);
  const int mount =
      sys::Fsmount(fs.get(), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  if (mount < 0) return Failed(ctx, Op::kFsmount);
  ctx.proc = mount;
  return 0;
}

}  // namespace tsrun

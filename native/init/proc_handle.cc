// A procfs of the new pid namespace that no path leads to: what is written through it reaches the
// kernel, whatever the image or a volume has put at /proc (CVE-2019-19921, CVE-2025-52881).
#include <fcntl.h>

#include "init/context.h"
#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {

int Perform(InitContext& ctx, const ProcHandle& step) {
  if (step.instance == 1) {
    ctx.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return ctx.proc < 0 ? Failed(ctx, Op::kOpen) : 0;
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

// Symbolic links and directories inside the container.
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <cerrno>

#include "init/context.h"
#include "init/path.h"
#include "sys/fd.h"

namespace tsrun {

int Perform(InitContext& ctx, const Symlink& step) {
  char name[NAME_MAX + 1];
  Fd parent(OpenParent(ctx, step.path, name));
  if (!parent.valid()) return Failed(ctx, Op::kResolve);
  if (symlinkat(step.target, parent.get(), name) != 0 && errno != EEXIST)
    return Failed(ctx, Op::kSymlink);
  return 0;
}

int Perform(InitContext& ctx, const Directory& step) {
  Fd there(OpenBelowRoot(ctx, step.path, O_PATH | O_DIRECTORY));
  if (there.valid()) return 0;
  if (errno != ENOENT) return Failed(ctx, Op::kResolve);
  char name[NAME_MAX + 1];
  Fd parent(OpenParent(ctx, step.path, name));
  if (!parent.valid()) return Failed(ctx, Op::kResolve);
  if (mkdirat(parent.get(), name, step.mode) != 0 && errno != EEXIST)
    return Failed(ctx, Op::kMkdir);
  if (fchownat(parent.get(), name, step.uid, step.gid, AT_SYMLINK_NOFOLLOW) != 0)
    return Failed(ctx, Op::kChown);
  return 0;
}

}  // namespace tsrun

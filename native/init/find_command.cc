// Whether there is a command to start: told when the container is created, long before the exec.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "init/context.h"
#include "sys/fd.h"

namespace tsrun {

// As execvp(3) looks: a candidate that is missing is passed over, one that may not be executed is
// remembered. Relative ones are meant from the working directory.
int Perform(InitContext& ctx, const FindCommand& step) {
  Fd directory(open(step.directory, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return Failed(ctx, Op::kChdir);
  int remembered = ENOENT;
  for (ctx.item = 0; ctx.item < step.candidates.size(); ++ctx.item) {
    const char* path = step.candidates[ctx.item];
    struct stat st = {};
    if (fstatat(directory.get(), path, &st, 0) != 0) {
      if (errno == EACCES) remembered = EACCES;
      if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) continue;
      return Failed(ctx, Op::kAccess);
    }
    if (S_ISREG(st.st_mode) && faccessat(directory.get(), path, X_OK, 0) == 0) return 0;
    remembered = EACCES;
  }
  ctx.item = UINT32_MAX;
  ctx.op = Op::kAccess;
  return remembered;
}

}  // namespace tsrun

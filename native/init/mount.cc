// New filesystem instances, by the mount API of descriptors: fsopen, fsconfig, fsmount, move_mount;
// and changes to those that are mounted: fspick.
#include <fcntl.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstring>

#include "init/attributes.h"
#include "init/context.h"
#include "init/copy_up.h"
#include "init/fd_name.h"
#include "init/path.h"
#include "sys/fd.h"

namespace tsrun {
namespace {

// "key=value" or "flag". The kernel takes 255 bytes of either.
int Configure(int fs, const char* parameter) {
  const char* equals = strchr(parameter, '=');
  if (equals == nullptr) return sys::FsconfigFlag(fs, parameter);
  char key[256];
  const size_t length = static_cast<size_t>(equals - parameter);
  if (length >= sizeof key) {
    errno = EINVAL;
    return -1;
  }
  memcpy(key, parameter, length);
  key[length] = 0;
  return sys::FsconfigString(fs, key, equals + 1);
}

}  // namespace

int Perform(InitContext& ctx, const Mount& step) {
  Fd fs(sys::Fsopen(step.filesystem));
  if (!fs.valid()) return Failed(ctx, Op::kFsopen);
  if (sys::FsconfigString(fs.get(), "source", step.source) != 0) return Failed(ctx, Op::kFsconfig);
  for (ctx.item = 0; ctx.item < step.parameters.size(); ++ctx.item) {
    if (Configure(fs.get(), step.parameters[ctx.item]) != 0) return Failed(ctx, Op::kFsconfig);
  }
  ctx.item = UINT32_MAX;
  if (sys::FsconfigCreate(fs.get()) != 0) return Failed(ctx, Op::kFsconfig);
  Fd mount(sys::Fsmount(fs.get(), static_cast<unsigned>(AttributeBits(step.attributes))));
  if (!mount.valid()) return Failed(ctx, Op::kFsmount);
  Fd target(EnsureTarget(ctx, step.target, TargetKind::kDirectory));
  if (!target.valid()) return Failed(ctx, Op::kResolve);
  if (step.label[0] != 0) {
    char path[32] = "/proc/self/fd/";
    strcat(path, NameOf(mount.get()).text);
    if (setxattr(path, "security.selinux", step.label, strlen(step.label), 0) != 0)
      return Failed(ctx, Op::kSetxattr);
  }
  if (step.copy_up) {
    const int err = CopyUp(target.get(), mount.get());
    if (err != 0) {
      ctx.op = Op::kWrite;
      return err;
    }
  }
  if (sys::MoveMount(mount.get(), target.get()) != 0) return Failed(ctx, Op::kMoveMount);
  if (!step.set_propagation) return 0;
  return SetPropagation(ctx, mount.get(), step.propagation, Reach::kTree);
}

int Perform(InitContext& ctx, const Remount& step) {
  Fd target(OpenBelowRoot(ctx, step.target, O_PATH));
  if (!target.valid()) return Failed(ctx, Op::kResolve);
  const int err = ChangeAttributes(ctx, target.get(), step.changes);
  if (err != 0 || step.parameters.empty()) return err;
  Fd fs(sys::Fspick(target.get()));
  if (!fs.valid()) return Failed(ctx, Op::kFspick);
  for (ctx.item = 0; ctx.item < step.parameters.size(); ++ctx.item) {
    if (Configure(fs.get(), step.parameters[ctx.item]) != 0) return Failed(ctx, Op::kFsconfig);
  }
  ctx.item = UINT32_MAX;
  if (sys::FsconfigReconfigure(fs.get()) != 0) return Failed(ctx, Op::kFsconfig);
  return 0;
}

}  // namespace tsrun

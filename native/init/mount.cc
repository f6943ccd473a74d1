// New filesystem instances, by the mount API of descriptors: fsopen, fsconfig, fsmount, move_mount;
// and changes to those that are mounted: fspick.
#include <fcntl.h>
#include <sys/stat.h>
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

// mount_setattr(2) without a change says nothing about where it is called.
bool IsMountRoot(int fd) {
  struct statx found = {};
  if (statx(fd, "", AT_EMPTY_PATH, 0, &found) != 0) return false;
  return (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

// The root of the filesystem gets the mode of the directory that it covers.
int InheritMode(InitContext& ctx, int fs, int target) {
  struct stat st = {};
  if (fstat(target, &st) != 0) return Failed(ctx, Op::kResolve);
  char octal[5] = {};
  for (int i = 0; i < 4; ++i) octal[i] = static_cast<char>('0' + ((st.st_mode >> (9 - 3 * i)) & 7));
  return sys::FsconfigString(fs, "mode", octal) == 0 ? 0 : Failed(ctx, Op::kFsconfig);
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
  // A directory that is made here has the mode that tmpfs(5) has by itself: the next start finds
  // it, and the filesystem is to be the same.
  const bool inherits_mode = step.inherits == Inherited::kMode;
  Fd target(EnsureTarget(ctx, step.target, TargetKind::kDirectory, inherits_mode ? 01777 : 0755));
  if (!target.valid()) return Failed(ctx, Op::kResolve);
  if (inherits_mode) {
    const int err = InheritMode(ctx, fs.get(), target.get());
    if (err != 0) return err;
  }
  if (sys::FsconfigCreate(fs.get()) != 0) return Failed(ctx, Op::kFsconfig);
  const uint64_t attributes = AttributeBits(step.attributes);
  // Writable until it has its content.
  const bool filled = step.inherits == Inherited::kContent;
  const uint64_t later = filled ? attributes & MOUNT_ATTR_RDONLY : 0;
  Fd mount(sys::Fsmount(fs.get(), static_cast<unsigned>(attributes & ~later)));
  if (!mount.valid()) return Failed(ctx, Op::kFsmount);
  if (step.label[0] != 0) {
    char path[32] = "/proc/self/fd/";
    strcat(path, NameOf(mount.get()).text);
    if (setxattr(path, "security.selinux", step.label, strlen(step.label), 0) != 0)
      return Failed(ctx, Op::kSetxattr);
  }
  if (filled) {
    const int err = CopyUp(target.get(), mount.get());
    if (err != 0) {
      ctx.op = Op::kWrite;
      return err;
    }
    struct mount_attr attr = {};
    attr.attr_set = later;
    if (later != 0 && sys::MountSetattr(mount.get(), 0, &attr) != 0)
      return Failed(ctx, Op::kMountSetattr);
  }
  if (sys::MoveMount(mount.get(), target.get()) != 0) return Failed(ctx, Op::kMoveMount);
  if (!step.set_propagation) return 0;
  return SetPropagation(ctx, mount.get(), step.propagation, Reach::kTree);
}

int Perform(InitContext& ctx, const Remount& step) {
  Fd target(OpenBelowRoot(ctx, step.target, O_PATH));
  if (!target.valid()) return Failed(ctx, Op::kResolve);
  if (!IsMountRoot(target.get())) {
    ctx.op = Op::kMountSetattr;
    return EINVAL;
  }
  int err = ChangeAttributes(ctx, target.get(), step.changes);
  if (err == 0 && step.set_propagation)
    err = SetPropagation(ctx, target.get(), step.propagation, step.propagation_reach);
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

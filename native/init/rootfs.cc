// The root filesystem: propagation, overlay or bind, pivot_root.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "init/context.h"
#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

char* PutText(char* at, const char* text) {
  const size_t length = strlen(text);
  memcpy(at, text, length);
  return at + length;
}

// "/proc/self/fd/N": a path with no character that overlay's option parser gives a meaning, whatever the store is called.
char* PutSlot(char* at, const InitContext& ctx, uint32_t slot) {
  at = PutText(at, "/proc/self/fd/");
  char digits[12];
  int count = 0;
  unsigned value = static_cast<unsigned>(SlotFd(ctx, slot));
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) *at++ = digits[--count];
  return at;
}

int OpenRoot(InitContext& ctx, const char* target) {
  ctx.root = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return ctx.root < 0 ? Failed(ctx, Op::kOpen) : 0;
}

}  // namespace

int Perform(InitContext& ctx, const RootPropagation& step) {
  static const unsigned long kFlags[] = {1ul << 18, 1ul << 19, 1ul << 20, 1ul << 17};  // MS_PRIVATE, SLAVE, SHARED, ...
  const unsigned long flags = MS_REC | kFlags[static_cast<int>(step.propagation)];
  if (sys::MountOld(nullptr, "/", nullptr, flags, nullptr) != 0) return Failed(ctx, Op::kMount);
  return 0;
}

// mount(2) and not fsconfig: a string of fsconfig ends at 255 bytes and `lowerdir+` came with Linux 6.7. One page holds
// the names of about 200 layers.
int Perform(InitContext& ctx, const Overlay& step) {
  char options[4096];
  // Each slot is at most 25 characters, with its colon.
  if (step.lower.size() > (sizeof options - 200) / 25) {
    errno = E2BIG;
    return Failed(ctx, Op::kMount);
  }
  char* at = PutText(options, "lowerdir=");
  for (size_t i = 0; i < step.lower.size(); ++i) {
    if (i > 0) *at++ = ':';
    at = PutSlot(at, ctx, step.lower[i]);
  }
  at = PutText(at, ",upperdir=");
  at = PutSlot(at, ctx, step.upper);
  at = PutText(at, ",workdir=");
  at = PutSlot(at, ctx, step.work);
  if (step.userxattr) at = PutText(at, ",userxattr");
  *at = 0;
  if (sys::MountOld("overlay", step.target, "overlay", 0, options) != 0) return Failed(ctx, Op::kMount);
  return OpenRoot(ctx, step.target);
}

int Perform(InitContext& ctx, const RootfsBind& step) {
  Fd tree(sys::OpenTree(SlotFd(ctx, step.source), "",
                        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE));
  if (!tree.valid()) return Failed(ctx, Op::kOpenTree);
  Fd target(open(step.target, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!target.valid()) return Failed(ctx, Op::kOpen);
  if (sys::MoveMount(tree.get(), target.get()) != 0) return Failed(ctx, Op::kMoveMount);
  return OpenRoot(ctx, step.target);
}

int Perform(InitContext& ctx, const PivotRoot&) {
  // The old root is stacked on the new one at "." and detached there: no directory for it is needed in the image
  // (pivot_root(2), "pivot_root(".", ".")").
  if (fchdir(ctx.root) != 0) return Failed(ctx, Op::kChdir);
  if (sys::PivotRoot(".", ".") != 0) return Failed(ctx, Op::kPivotRoot);
  if (sys::Umount(".", MNT_DETACH) != 0) return Failed(ctx, Op::kUmount);
  if (chdir("/") != 0) return Failed(ctx, Op::kChdir);
  return 0;
}

// What pivot_root saves us from, made harmless: the old root stays below this one, so everything is made read-only in
// this mount namespace, and a copy of the container's own mounts, taken before, covers the ones that were.
int Perform(InitContext& ctx, const Chroot&) {
  Fd own(sys::OpenTree(ctx.root, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE));
  if (!own.valid()) return Failed(ctx, Op::kOpenTree);
  Fd old_root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!old_root.valid()) return Failed(ctx, Op::kOpen);
  struct mount_attr attr = {};
  attr.attr_set = MOUNT_ATTR_RDONLY;
  if (sys::MountSetattr(old_root.get(), AT_RECURSIVE, &attr) != 0) return Failed(ctx, Op::kMountSetattr);
  if (sys::MoveMount(own.get(), ctx.root) != 0) return Failed(ctx, Op::kMoveMount);
  close(ctx.root);
  ctx.root = own.Release();
  if (fchdir(ctx.root) != 0) return Failed(ctx, Op::kChdir);
  if (chroot(".") != 0) return Failed(ctx, Op::kChroot);
  if (chdir("/") != 0) return Failed(ctx, Op::kChdir);
  return 0;
}

int Perform(InitContext& ctx, const RootReadonly&) {
  struct mount_attr attr = {};
  attr.attr_set = MOUNT_ATTR_RDONLY;
  if (sys::MountSetattr(ctx.root, 0, &attr) != 0) return Failed(ctx, Op::kMountSetattr);
  return 0;
}

}  // namespace tsrun

// The root filesystem: propagation, overlay or bind, pivot_root.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "init/attributes.h"
#include "init/context.h"
#include "init/fd_name.h"
#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

constexpr size_t kMaxValue = 255;  // of one fsconfig(2) string

// "5:4:3", topmost first. False: longer than one string of fsconfig(2).
bool JoinLayers(const InitContext& ctx, const Overlay& step, char* joined) {
  size_t length = 0;
  for (const uint32_t slot : step.lower) {
    const FdName name = NameOf(SlotFd(ctx, slot));
    const size_t size = strlen(name.text);
    if (length + size + 1 > kMaxValue) return false;
    if (length > 0) joined[length++] = ':';
    memcpy(joined + length, name.text, size);
    length += size;
  }
  joined[length] = 0;
  return true;
}

int SetLayers(InitContext& ctx, int fs, const Overlay& step) {
  char joined[kMaxValue + 1];
  if (JoinLayers(ctx, step, joined)) {
    return sys::FsconfigString(fs, "lowerdir", joined) == 0 ? 0 : Failed(ctx, Op::kFsconfig);
  }
  // One by one, since Linux 6.7.
  for (ctx.item = 0; ctx.item < step.lower.size(); ++ctx.item) {
    const FdName name = NameOf(SlotFd(ctx, step.lower[ctx.item]));
    if (sys::FsconfigString(fs, "lowerdir+", name.text) != 0) return Failed(ctx, Op::kFsconfig);
  }
  return 0;
}

// The mount as a descriptor: it needs no path, neither to be attached nor to be entered.
int MountOverlay(InitContext& ctx, const Overlay& step, Fd* mount) {
  Fd fs(sys::Fsopen("overlay"));
  if (!fs.valid()) return Failed(ctx, Op::kFsopen);
  const int err = SetLayers(ctx, fs.get(), step);
  if (err != 0) return err;
  ctx.item = UINT32_MAX;
  if (sys::FsconfigString(fs.get(), "source", "overlay") != 0 ||
      sys::FsconfigString(fs.get(), "upperdir", NameOf(SlotFd(ctx, step.upper)).text) != 0 ||
      sys::FsconfigString(fs.get(), "workdir", NameOf(SlotFd(ctx, step.work)).text) != 0 ||
      (step.userxattr && sys::FsconfigFlag(fs.get(), "userxattr") != 0) ||
      (step.is_volatile && sys::FsconfigFlag(fs.get(), "volatile") != 0) ||
      sys::FsconfigCreate(fs.get()) != 0) {
    return Failed(ctx, Op::kMount);
  }
  *mount = Fd(sys::Fsmount(fs.get(), step.nodev ? MOUNT_ATTR_NODEV : 0));
  return mount->valid() ? 0 : Failed(ctx, Op::kFsmount);
}

// More layers than one string holds, on a kernel before 6.7: mount(2) takes a page, some 900
// layers.
int MountManyLayers(InitContext& ctx, const Overlay& step) {
  char options[4096] = "lowerdir=";
  size_t at = strlen(options);
  auto put = [&options, &at](const char* text) {
    const size_t size = strlen(text);
    if (at + size >= sizeof options) return false;
    memcpy(options + at, text, size + 1);
    at += size;
    return true;
  };
  bool fits = true;
  for (size_t i = 0; i < step.lower.size(); ++i) {
    fits = fits && (i == 0 || put(":")) && put(NameOf(SlotFd(ctx, step.lower[i])).text);
  }
  fits = fits && put(",upperdir=") && put(NameOf(SlotFd(ctx, step.upper)).text) &&
         put(",workdir=") && put(NameOf(SlotFd(ctx, step.work)).text) &&
         (!step.userxattr || put(",userxattr")) && (!step.is_volatile || put(",volatile"));
  if (!fits) {
    errno = E2BIG;
    return Failed(ctx, Op::kMount);
  }
  const unsigned long kNodev = 4;  // MS_NODEV
  if (sys::MountOld("overlay", step.target, "overlay", step.nodev ? kNodev : 0, options) != 0)
    return Failed(ctx, Op::kMount);
  ctx.root = open(step.target, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return ctx.root < 0 ? Failed(ctx, Op::kOpen) : 0;
}

// Attaches the mount; its descriptor then is the container's root.
int AttachRoot(InitContext& ctx, Fd mount, uint32_t at) {
  if (sys::MoveMount(mount.get(), SlotFd(ctx, at)) != 0) return Failed(ctx, Op::kMoveMount);
  ctx.root = mount.Release();
  return 0;
}

}  // namespace

int Perform(InitContext& ctx, const RootPropagation& step) {
  if (step.of_container) return SetPropagation(ctx, ctx.root, step.propagation, step.reach);
  static const unsigned long kFlags[] = {1ul << 18, 1ul << 19, 1ul << 20,
                                         1ul << 17};  // MS_PRIVATE, SLAVE, SHARED, ...
  const unsigned long flags =
      (step.reach == Reach::kTree ? MS_REC : 0) | kFlags[static_cast<int>(step.propagation)];
  if (sys::MountOld(nullptr, "/", nullptr, flags, nullptr) != 0) return Failed(ctx, Op::kMount);
  return 0;
}

int Perform(InitContext& ctx, const Overlay& step) {
  if (chdir("/proc/self/fd") != 0) return Failed(ctx, Op::kChdir);
  Fd mount;
  int err = MountOverlay(ctx, step, &mount);
  if (err == 0) {
    err = AttachRoot(ctx, static_cast<Fd&&>(mount), step.at);
  } else if (ctx.op == Op::kFsconfig && err == EINVAL) {
    err = MountManyLayers(ctx, step);
  }
  if (chdir("/") != 0 && err == 0) err = Failed(ctx, Op::kChdir);
  return err;
}

int Perform(InitContext& ctx, const RootfsBind& step) {
  Fd tree(sys::OpenTree(SlotFd(ctx, step.source), "",
                        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE));
  if (!tree.valid()) return Failed(ctx, Op::kOpenTree);
  struct mount_attr attr = {};
  attr.attr_set = MOUNT_ATTR_NODEV;
  if (step.nodev && sys::MountSetattr(tree.get(), AT_RECURSIVE, &attr) != 0) {
    return Failed(ctx, Op::kMountSetattr);
  }
  return AttachRoot(ctx, static_cast<Fd&&>(tree), step.at);
}

int Perform(InitContext& ctx, const PivotRoot&) {
  // The old root is stacked on the new one at "." and detached there: no directory for it is needed
  // in the image (pivot_root(2), "pivot_root(".", ".")").
  if (fchdir(ctx.root) != 0) return Failed(ctx, Op::kChdir);
  if (sys::PivotRoot(".", ".") != 0) return Failed(ctx, Op::kPivotRoot);
  if (sys::Umount(".", MNT_DETACH) != 0) return Failed(ctx, Op::kUmount);
  if (chdir("/") != 0) return Failed(ctx, Op::kChdir);
  return 0;
}

namespace {

// What pivot_root saves us from, made harmless: the old root stays below this one, so everything is
// made read-only in this mount namespace, and a copy of the container's own mounts, taken before,
// covers the ones that were.
int CoverOldRoot(InitContext& ctx) {
  Fd own(sys::OpenTree(ctx.root, "",
                       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE));
  if (!own.valid()) return Failed(ctx, Op::kOpenTree);
  Fd old_root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!old_root.valid()) return Failed(ctx, Op::kOpen);
  struct mount_attr attr = {};
  attr.attr_set = MOUNT_ATTR_RDONLY;
  if (sys::MountSetattr(old_root.get(), AT_RECURSIVE, &attr) != 0)
    return Failed(ctx, Op::kMountSetattr);
  if (sys::MoveMount(own.get(), ctx.root) != 0) return Failed(ctx, Op::kMoveMount);
  close(ctx.root);
  ctx.root = own.Release();
  return 0;
}

}  // namespace

int Perform(InitContext& ctx, const Chroot& step) {
  const int err = step.read_only ? CoverOldRoot(ctx) : 0;
  if (err != 0) return err;
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

// Session and terminal.
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <cerrno>

#include "init/context.h"
#include "init/path.h"
#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {

int Perform(InitContext& ctx, const Session& step) {
  if (setsid() < 0) return Failed(ctx, Op::kSetsid);
  // Keys have sessions too, session-keyring(7): without a new one the container holds the caller's,
  // tickets and disk keys in it. ENOSYS: a kernel without keys.
  if (!step.new_keyring) return 0;
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) < 0 && errno != ENOSYS)
    return Failed(ctx, Op::kKeyctl);
  return 0;
}

namespace {

// To the monitor, or to the client's console socket: a stream, the descriptor with the name of the
// device as its one message.
int SendMaster(InitContext& ctx, const Console& step, int master) {
  if (step.to_socket) {
    static const char kName[] = "/dev/ptmx";
    const int err = SendPacket(SlotFd(ctx, step.slot), kName, sizeof kName - 1, master);
    if (err != 0) ctx.op = Op::kSendmsg;
    return err;
  }
  const int err =
      SendMessage(ctx.monitor, {MessageType::kConsole, ctx.step, 0, Op::kNone, 0, 0}, master);
  if (err != 0) ctx.op = Op::kPeerGone;
  return err;
}

// As asked for, or that of the caller's terminal, whose streams are still ours. The monitor copies
// it too, and each change after this, but may not come to it before the command asks.
struct winsize SizeOf(const Console& step) {
  struct winsize size = {};
  size.ws_row = static_cast<unsigned short>(step.rows);
  size.ws_col = static_cast<unsigned short>(step.columns);
  if (step.to_socket || step.rows != 0 || step.columns != 0) return size;
  struct winsize theirs = {};
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &theirs) == 0 ||
      ioctl(STDOUT_FILENO, TIOCGWINSZ, &theirs) == 0)
    return theirs;
  return size;
}

int BindDevConsole(InitContext& ctx, int slave) {
  Fd node(sys::OpenTree(slave, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
  if (!node.valid()) return Failed(ctx, Op::kOpenTree);
  Fd target(EnsureTarget(ctx, "/dev/console", TargetKind::kFile));
  if (!target.valid()) return Failed(ctx, Op::kResolve);
  if (sys::MoveMount(node.get(), target.get()) != 0) return Failed(ctx, Op::kMoveMount);
  return 0;
}

}  // namespace

int Perform(InitContext& ctx, const Console& step) {
  // The container's own devpts, never the host's; the slave by TIOCGPTPEER, never by a path of the
  // image's making (CVE-2025-52565).
  Fd master(OpenBelowRoot(ctx, "/dev/pts/ptmx", O_RDWR | O_NOCTTY));
  if (!master.valid()) return Failed(ctx, Op::kPtmx);
  struct statfs fs = {};
  if (fstatfs(master.get(), &fs) != 0 || fs.f_type != DEVPTS_SUPER_MAGIC) {
    errno = ENODEV;
    return Failed(ctx, Op::kNotDevice);
  }
  int unlock = 0;
  if (ioctl(master.get(), TIOCSPTLCK, &unlock) != 0) return Failed(ctx, Op::kIoctl);
  Fd slave(ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave.valid()) return Failed(ctx, Op::kIoctl);
  const struct winsize size = SizeOf(step);
  if (ioctl(master.get(), TIOCSWINSZ, &size) != 0) return Failed(ctx, Op::kIoctl);
  // Its modes stay the kernel's, ONLCR among them: clients put their own terminal in raw mode and
  // hand on what comes, as they get it from runc.
  int err = SendMaster(ctx, step, master.get());
  if (err != 0) return err;
  if (step.is_dev_console) {
    err = BindDevConsole(ctx, slave.get());
    if (err != 0) return err;
  }
  // The user owns its terminal, as after a login.
  const uint32_t uid = ctx.answered ? ctx.answer.uid : step.owner;
  if (fchown(slave.get(), uid, static_cast<gid_t>(-1)) != 0 && errno != EINVAL)
    return Failed(ctx, Op::kChown);
  if (ioctl(slave.get(), TIOCSCTTY, 0) != 0) return Failed(ctx, Op::kIoctl);
  for (int fd = 0; fd <= 2; ++fd) {
    if (dup2(slave.get(), fd) < 0) return Failed(ctx, Op::kDup);
  }
  return 0;
}

}  // namespace tsrun

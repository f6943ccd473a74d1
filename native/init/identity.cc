// Who init is: root of a new user namespace first, the container's user at the end.
#include <grp.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <csignal>

#include "init/context.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

int SetIds(InitContext& ctx, uint32_t uid, uint32_t gid) {
  // The raw calls: the C library's would signal other threads, of which there are none.
  if (syscall(SYS_setresgid, gid, gid, gid) != 0) return Failed(ctx, Op::kSetgid);
  if (syscall(SYS_setresuid, uid, uid, uid) != 0) return Failed(ctx, Op::kSetuid);
  return 0;
}

// /dev/stdout opened by name needs the pipe's owner. Only pipes without a name: a terminal, a file
// or a FIFO of the host's is not the container's to own.
void OwnPipes(uint32_t uid, uint32_t gid) {
  for (int fd = 0; fd <= 2; ++fd) {
    struct statfs fs = {};
    if (fstatfs(fd, &fs) != 0 || fs.f_type != PIPEFS_MAGIC) continue;
    // Ignored: an unmapped owner in a user namespace; the descriptor itself works all the same.
    if (fchown(fd, uid, gid) != 0) continue;
  }
}

}  // namespace

int ArmParentDeathSignal(InitContext& ctx) {
  if (ctx.handed_over) return 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The monitor may have died just before: its socket then hangs up.
  struct pollfd peer = {ctx.monitor, 0, 0};
  if (poll(&peer, 1, 0) > 0 && (peer.revents & (POLLHUP | POLLERR)) != 0) _exit(70);
  return 0;
}

int Perform(InitContext& ctx, const BecomeRoot& step) {
  if (step.drop_groups && syscall(SYS_setgroups, 0, nullptr) != 0)
    return Failed(ctx, Op::kSetgroups);
  const int err = SetIds(ctx, 0, 0);
  if (err != 0) return err;
  if (ctx.joined) return ArmParentDeathSignal(ctx);
  // The change of ids gave /proc/self to the host's root, and the overlay's layers are named by
  // /proc/self/fd.
  if (prctl(PR_SET_DUMPABLE, 1) != 0) return Failed(ctx, Op::kPrctl);
  return ArmParentDeathSignal(ctx);
}

int Perform(InitContext& ctx, const User& step) {
  const bool looked_up = step.looked_up && ctx.answered;
  const uint32_t uid = looked_up ? ctx.answer.uid : step.uid;
  const uint32_t gid = looked_up ? ctx.answer.gid : step.gid;
  ctx.ordinary_user = looked_up && uid != 0;
  OwnPipes(uid, gid);
  umask(step.umask);
  // Permitted capabilities outlive setuid; Capabilities narrows them right after.
  if (prctl(PR_SET_KEEPCAPS, 1) != 0) return Failed(ctx, Op::kPrctl);
  if (step.set_groups) {
    const size_t count = looked_up ? ctx.answer.group_count : step.groups.size();
    const uint32_t* groups = looked_up ? ctx.answer.groups : step.groups.data();
    if (syscall(SYS_setgroups, count, groups) != 0) return Failed(ctx, Op::kSetgroups);
  }
  const int err = SetIds(ctx, uid, gid);
  if (err != 0) return err;
  // From here on processes of the same user and capabilities may look into init, where pid
  // namespaces are shared: at the plan in its memory and at its descriptors (CVE-2016-9962).
  // execve(2) sets it back; the reaper of --init keeps it.
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return Failed(ctx, Op::kPrctl);
  return ArmParentDeathSignal(ctx);
}

}  // namespace tsrun

// The clone itself, and trees opened for it.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "monitor/monitor.h"
#include "sys/syscalls.h"

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

namespace tsrun {
namespace {

uint64_t CloneFlags(uint32_t namespaces) {
  uint64_t flags = 0;
  if (namespaces & kNsMount) flags |= CLONE_NEWNS;
  if (namespaces & kNsPid) flags |= CLONE_NEWPID;
  if (namespaces & kNsNetwork) flags |= CLONE_NEWNET;
  if (namespaces & kNsUts) flags |= CLONE_NEWUTS;
  if (namespaces & kNsIpc) flags |= CLONE_NEWIPC;
  if (namespaces & kNsCgroup) flags |= CLONE_NEWCGROUP;
  if (namespaces & kNsUser) flags |= CLONE_NEWUSER;
  // Not the time namespace: clone3 would freeze its offsets. TimeNamespace makes it.
  return flags;
}

}  // namespace

int Perform(Monitor& monitor, const OpenTree& step) {
  if (step.slot >= kMaxSlots) {
    errno = EMFILE;
    return Failed(monitor.context, Op::kOpenTree);
  }
  const unsigned reach = step.reach == Reach::kTree ? AT_RECURSIVE : 0;
  const int fd = sys::OpenTree(AT_FDCWD, step.source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | reach);
  if (fd < 0) return Failed(monitor.context, Op::kOpenTree);
  monitor.context.slots[step.slot] = fd;
  return 0;
}

int Perform(Monitor& monitor, const TakeFile& step) {
  if (step.slot >= kMaxSlots || step.file >= static_cast<uint32_t>(monitor.kept)) {
    errno = EBADF;
    return Failed(monitor.context, Op::kDup);
  }
  const int fd = fcntl(kFirstKept + static_cast<int>(step.file), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return Failed(monitor.context, Op::kDup);
  monitor.context.slots[step.slot] = fd;
  return 0;
}

int Perform(Monitor& monitor, const Clone& step) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    return Failed(monitor.context, Op::kSocket);
  }
  monitor.init = Fd(pair[0]);
  Fd theirs(pair[1]);
  Fd cgroup;
  int pidfd = -1;
  struct clone_args args = {};
  args.flags = CloneFlags(step.namespaces) | CLONE_PIDFD;
  args.exit_signal = SIGCHLD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  if (step.cgroup[0] != 0) {
    cgroup = Fd(open(step.cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!cgroup.valid()) return Failed(monitor.context, Op::kOpen);
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(cgroup.get());
  }
  if ((step.namespaces & kNsPid) == 0) prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t child = sys::Clone3(&args);
  if (child < 0) return Failed(monitor.context, Op::kClone);
  if (child == 0) {
    // From here to exec: no allocation (rule of init/).
    prctl(PR_SET_NAME, "tsrun:init");
    close(pair[0]);
    close(monitor.channel.get());
    // The launcher's locks are the monitor's to hold: a created container must not keep them.
    if (monitor.kept > 0) {
      sys::CloseRange(kFirstKept, static_cast<unsigned>(kFirstKept + monitor.kept - 1), 0);
    }
    InitContext& ctx = monitor.context;
    ctx.plan = &monitor.plan;
    ctx.monitor = theirs.Release();
    ctx.user_namespace = (step.namespaces & kNsUser) != 0;
    RunInit(ctx, ctx.step + 1);
  }
  monitor.child = child;
  monitor.pidfd = Fd(pidfd);
  SendMessage(
      monitor.channel.get(),
      {MessageType::kCloned, monitor.context.step, 0, Op::kNone, static_cast<uint64_t>(child), 0},
      -1);
  // The child has its own copies; ours would keep the mounts alive.
  for (int& slot : monitor.context.slots) {
    if (slot >= 0) close(slot);
    slot = -1;
  }
  return 0;
}

}  // namespace tsrun

// The clone itself, and files taken for it.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "monitor/monitor.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// Whether a child that was cloned into another control group lives: it says so, or its pidfd says
// that it is gone. Since Linux 6.14 ("fix race between fork and cgroup.kill", in stable kernels
// too) the kernel kills it at once where the two groups were killed (cgroup.kill) a different
// number of times, which no file tells.
bool Lives(int init, int pidfd) {
  struct pollfd either[] = {{init, POLLIN, 0}, {pidfd, POLLIN, 0}};
  while (poll(either, 2, -1) < 0 && errno == EINTR) {
  }
  char alive;
  return (either[0].revents & POLLIN) != 0 && recv(init, &alive, 1, 0) == 1;
}

// From the monitor's own namespaces, straight into the control group.
int CloneHere(Monitor& monitor, const Clone& step, Fd& theirs) {
  Fd cgroup;
  int pidfd = -1;
  struct clone_args args = {};
  // Not the time namespace: clone3 would freeze its offsets. TimeNamespace makes it.
  args.flags = CloneFlags(step.namespaces & ~static_cast<uint32_t>(kNsTime)) | CLONE_PIDFD;
  args.exit_signal = SIGCHLD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  if (step.cgroup[0] != 0) {
    cgroup = Fd(open(step.cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!cgroup.valid()) return Failed(monitor.context, Op::kOpen);
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(cgroup.get());
  }
  const pid_t child = sys::Clone3(&args);
  if (child < 0) return Failed(monitor.context, Op::kClone);
  // From here to exec: no allocation (rule of init/).
  if (child == 0) {
    if (cgroup.valid()) send(theirs.get(), "", 1, MSG_NOSIGNAL);
    cgroup.Close();
    BecomeInit(monitor, theirs.Release());
  }
  if (cgroup.valid() && !Lives(monitor.init.get(), pidfd)) {
    close(pidfd);
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    // Nothing is joined; the process in between enters the group by cgroup.procs.
    return CloneInJoined(monitor, step, theirs);
  }
  monitor.child = child;
  monitor.pidfd = Fd(pidfd);
  return 0;
}

}  // namespace

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
  // A process that joins a container leaves its orphans to that container's PID 1.
  if ((step.namespaces & kNsPid) == 0 && monitor.join_count == 0) prctl(PR_SET_CHILD_SUBREAPER, 1);
  const int err = monitor.join_count == 0 ? CloneHere(monitor, step, theirs)
                                          : CloneInJoined(monitor, step, theirs);
  if (err != 0) return err;
  SendMessage(monitor.channel.get(),
              {MessageType::kCloned, monitor.context.step, 0, Op::kNone,
               static_cast<uint64_t>(monitor.child), 0},
              monitor.pidfd.get());
  // The child has its own copies; ours would keep the mounts alive.
  for (int& slot : monitor.context.slots) {
    if (slot >= 0) close(slot);
    slot = -1;
  }
  for (Monitor::Joined& join : monitor.joins) join.file.Close();
  for (Fd& writer : monitor.output_writers) writer.Close();
  monitor.input_reader.Close();
  return 0;
}

uint64_t CloneFlags(uint32_t namespaces) {
  uint64_t flags = 0;
  if (namespaces & kNsMount) flags |= CLONE_NEWNS;
  if (namespaces & kNsPid) flags |= CLONE_NEWPID;
  if (namespaces & kNsNetwork) flags |= CLONE_NEWNET;
  if (namespaces & kNsUts) flags |= CLONE_NEWUTS;
  if (namespaces & kNsIpc) flags |= CLONE_NEWIPC;
  if (namespaces & kNsCgroup) flags |= CLONE_NEWCGROUP;
  if (namespaces & kNsUser) flags |= CLONE_NEWUSER;
  if (namespaces & kNsTime) flags |= CLONE_NEWTIME;
  return flags;
}

void BecomeInit(Monitor& monitor, int theirs) {
  prctl(PR_SET_NAME, "tsrun:init");
  monitor.init.Close();
  monitor.channel.Close();
  for (int i = 0; i < 2; ++i) {
    if (monitor.output_writers[i].valid()) dup2(monitor.output_writers[i].get(), STDOUT_FILENO + i);
  }
  if (monitor.input_reader.valid()) dup2(monitor.input_reader.get(), STDIN_FILENO);
  // The launcher's locks are the monitor's to hold: a created container must not keep them.
  if (monitor.kept > 0) {
    sys::CloseRange(kFirstKept, static_cast<unsigned>(kFirstKept + monitor.kept - 1), 0);
  }
  InitContext& ctx = monitor.context;
  ctx.plan = &monitor.plan;
  ctx.monitor = theirs;
  RunInit(ctx, ctx.step + 1);
}

}  // namespace tsrun

// Namespaces that exist already, setns(2): of a container for exec, of a pod for create.
//
//   monitor --- clone3 ---> joiner                      in the control group
//                           setns, one after the other
//                           clone3(CLONE_PARENT) ---> init, in the joined namespaces and in new
//                           ones
//      <--- pid, pidfd ---- ends
//
// The process in between is needed because a joined pid namespace is its children's only, and
// because new namespaces must belong to a joined user namespace. CLONE_PARENT makes init the
// monitor's child.
#include <fcntl.h>
#include <sched.h>
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

// In the joiner, between clone and exec: no allocation (rule of init/).
struct Joiner {
  Monitor& monitor;
  const Clone& clone;
  int report;   // socket to the monitor
  int procs;    // cgroup.procs to enter, or -1
  int channel;  // init's socket to the monitor

  [[noreturn]] void Die(uint32_t step, Op op, uint64_t item) const {
    SendMessage(report, {MessageType::kStepFailed, step, errno, op, item, 0}, -1);
    _exit(70);
  }

  // Before a user namespace is joined only what the launcher may join works, after it only what
  // belongs to that namespace: so each is tried before, and again after it. A process as the source
  // joins all of its own at once, and the kernel does that.
  void JoinAll() const {
    bool waits[kMaxJoins] = {};
    bool user = false;
    for (uint32_t i = 0; i < monitor.join_count; ++i) {
      const Monitor::Joined& join = monitor.joins[i];
      if (join.namespaces == kNsUser) {
        user = waits[i] = true;
      } else if (setns(join.file.get(), static_cast<int>(CloneFlags(join.namespaces))) != 0) {
        if (errno != EPERM) Die(join.step, Op::kSetns, 0);
        waits[i] = true;
      }
    }
    for (int turn = user ? 0 : 1; turn < 2; ++turn) {
      for (uint32_t i = 0; i < monitor.join_count; ++i) {
        const Monitor::Joined& join = monitor.joins[i];
        if (!waits[i] || (turn == 0) != (join.namespaces == kNsUser)) continue;
        if (setns(join.file.get(), static_cast<int>(CloneFlags(join.namespaces))) != 0)
          Die(join.step, Op::kSetns, 0);
      }
    }
  }

  [[noreturn]] void Run() const {
    const uint32_t step = monitor.context.step;
    // Without a death signal: it never waits, and init ends when it finds the monitor gone.
    prctl(PR_SET_NAME, "tsrun:join");
    // Processes of the container see this one from the moment it is in their pid namespace: its
    // memory and its files are not theirs (CVE-2016-9962).
    if (prctl(PR_SET_DUMPABLE, 0) != 0) Die(step, Op::kPrctl, 0);
    if (procs >= 0 && write(procs, "0", 1) < 0) Die(step, Op::kWrite, 0);
    // Inside an anchor it is root.
    const bool is_root = geteuid() == 0;
    JoinAll();
    // An ordinary user's monitor writes the id maps, and may not into a process that hides. Before
    // the clone: it may be faster than the new process.
    if ((clone.namespaces & kNsUser) != 0 && !is_root) prctl(PR_SET_DUMPABLE, 1);
    int pidfd = -1;
    struct clone_args args = {};
    args.flags =
        CloneFlags(clone.namespaces & ~static_cast<uint32_t>(kNsTime)) | CLONE_PARENT | CLONE_PIDFD;
    args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
    const pid_t child = sys::Clone3(&args);
    if (child < 0) Die(step, Op::kClone, 0);
    if (child == 0) {
      close(report);
      if (procs >= 0) close(procs);
      InitContext& ctx = monitor.context;
      ctx.joined = monitor.join_count > 0;
      uint32_t all = 0;
      for (Monitor::Joined& join : monitor.joins) {
        all |= join.namespaces;
        join.file.Close();
      }
      if ((all & kNsMount) != 0) ctx.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
      BecomeInit(monitor, channel);
    }
    SendMessage(report, {MessageType::kCloned, step, 0, Op::kNone, static_cast<uint64_t>(child), 0},
                pidfd);
    _exit(0);
  }
};

enum class Enter { kByClone, kByProcs };

// Into the control group at once where the kernel takes it, else by cgroup.procs from inside the
// joiner.
pid_t CloneJoiner(Monitor& monitor, const char* path, Enter how, Fd* procs) {
  struct clone_args args = {};
  args.exit_signal = SIGCHLD;
  if (path[0] != 0) {
    Fd cgroup(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!cgroup.valid()) {
      monitor.context.op = Op::kOpen;
      return -1;
    }
    if (how == Enter::kByClone) {
      args.flags = CLONE_INTO_CGROUP;
      args.cgroup = static_cast<uint64_t>(cgroup.get());
      const pid_t child = sys::Clone3(&args);
      if (child >= 0) return child;
    }
    *procs = Fd(openat(cgroup.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC));
    if (!procs->valid()) {
      monitor.context.op = Op::kOpen;
      return -1;
    }
    args.flags = 0;
    args.cgroup = 0;
  }
  monitor.context.op = Op::kClone;
  return sys::Clone3(&args);
}

// One joiner. Whether it was killed before it said anything: see Lives in clone.cc.
int TryJoiner(Monitor& monitor, const Clone& step, Enter how, Fd& theirs, bool* killed) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return Failed(monitor.context, Op::kSocket);
  Fd reports(pair[0]);
  Fd report(pair[1]);
  Fd procs;
  const pid_t joiner = CloneJoiner(monitor, step.cgroup, how, &procs);
  if (joiner < 0) return errno;
  if (joiner == 0) {
    reports.Close();
    Joiner{monitor, step, report.get(), procs.get(), theirs.Release()}.Run();
  }
  report.Close();
  Message message = {};
  int fd = -1;
  const int size = ReceivePacket(reports.get(), &message, sizeof message, &fd);
  int status = 0;
  while (waitpid(joiner, &status, 0) < 0 && errno == EINTR) {
  }
  if (size >= static_cast<int>(sizeof message) && message.type == MessageType::kCloned) {
    monitor.child = static_cast<pid_t>(message.a);
    monitor.pidfd = Fd(fd);
    return 0;
  }
  *killed = size <= 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  monitor.context.op = Op::kPeerGone;
  // ESRCH: it was killed before it came to anything, by the kernel for want of memory for example.
  if (size < static_cast<int>(sizeof message)) return *killed ? ESRCH : EPIPE;
  // Which namespace it was is the join's own step.
  monitor.context.step = message.step;
  monitor.context.op = message.op;
  return message.err;
}

}  // namespace

int Perform(Monitor& monitor, const Join& step) {
  if (monitor.join_count >= kMaxJoins) {
    errno = E2BIG;
    return Failed(monitor.context, Op::kSetns);
  }
  Fd file;
  if (!step.of_process) {
    file = Fd(open(step.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.valid()) return Failed(monitor.context, Op::kOpen);
  } else if (step.file < static_cast<uint32_t>(monitor.kept)) {
    file = Fd(fcntl(kFirstKept + static_cast<int>(step.file), F_DUPFD_CLOEXEC, 0));
  } else {
    errno = EBADF;
  }
  if (!file.valid()) return Failed(monitor.context, Op::kDup);
  Monitor::Joined& join = monitor.joins[monitor.join_count++];
  join.file = static_cast<Fd&&>(file);
  join.namespaces = step.namespaces;
  join.step = monitor.context.step;
  return 0;
}

// The new user namespace is made in the anchor's, like any that is joined. Its id maps, and its
// interfaces, need the anchor's namespaces later.
int Perform(Monitor& monitor, const Anchor& step) {
  monitor.anchor_users = Fd(open(step.users, O_RDONLY | O_CLOEXEC));
  if (!monitor.anchor_users.valid()) return Failed(monitor.context, Op::kOpen);
  monitor.anchor_network = Fd(open(step.network, O_RDONLY | O_CLOEXEC));
  if (!monitor.anchor_network.valid()) return Failed(monitor.context, Op::kOpen);
  return Perform(monitor, Join{kNsUser, false, 0, step.users});
}

int CloneInJoined(Monitor& monitor, const Clone& step, Fd& theirs) {
  bool killed = false;
  const int err = TryJoiner(monitor, step, Enter::kByClone, theirs, &killed);
  if (!killed || step.cgroup[0] == 0) return err;
  return TryJoiner(monitor, step, Enter::kByProcs, theirs, &killed);
}

}  // namespace tsrun

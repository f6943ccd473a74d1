// The end of a container, by force.
#include <fcntl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "monitor/monitor.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

bool WriteCgroup(const Monitor& monitor, const char* file, const char* value) {
  if (monitor.plan.header.kill_cgroup[0] == 0) return false;
  char path[4096];
  if (snprintf(path, sizeof path, "%s/%s", monitor.plan.header.kill_cgroup, file) >=
      static_cast<int>(sizeof path)) {
    return false;
  }
  Fd fd(open(path, O_WRONLY | O_CLOEXEC));
  return fd.valid() && write(fd.get(), value, 1) == 1;
}

// Sends SIGKILL to the children of this process. The number of those it reached.
int KillChildren() {
  Fd fd(open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t size = fd.valid() ? read(fd.get(), text, sizeof text - 1) : 0;
  int reached = 0;
  pid_t pid = 0;
  // Each number ends with a space (proc_tid_children(5)); one that is cut off waits for the next
  // turn.
  for (ssize_t i = 0; i < size; ++i) {
    if (text[i] >= '0' && text[i] <= '9') {
      pid = pid * 10 + (text[i] - '0');
      continue;
    }
    if (pid > 0 && kill(pid, SIGKILL) == 0) ++reached;
    pid = 0;
  }
  return reached;
}

}  // namespace

void EndOrphans() {
  // Reaping one hands its children to us, so ask again until there are none.
  while (KillChildren() > 0) {
    while (waitpid(-1, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

void KillContainer(Monitor& monitor) {
  monitor.killed = true;
  // Both: without a pid namespace of its own, PID 1's death leaves the others; without a control
  // group, only this works.
  WriteCgroup(monitor, "cgroup.kill", "1");
  if (monitor.child <= 0 || monitor.reaped) return;
  sys::PidfdSendSignal(monitor.pidfd.get(), SIGKILL);
  // What a process that has joined a container started in its session would live on there. Once it
  // is dead it starts nothing more, and until it is reaped the number is its own.
  siginfo_t info;
  while (waitid(P_PID, static_cast<id_t>(monitor.child), &info, WEXITED | WNOWAIT) != 0) {
    if (errno != EINTR) return;
  }
  kill(-monitor.child, SIGKILL);
  while (waitpid(monitor.child, &monitor.wait_status, 0) < 0) {
    if (errno != EINTR) return;
  }
  monitor.reaped = true;
}

void RemoveCgroup(const Monitor& monitor) {
  if (monitor.plan.header.kill_cgroup[0] == 0) return;
  // Left behind without a pid namespace: nothing of a container outlives its PID 1.
  WriteCgroup(monitor, "cgroup.kill", "1");
  // EBUSY: groups below it, or a process that is still ending. The launcher, or the next command,
  // removes those.
  if (rmdir(monitor.plan.header.kill_cgroup) != 0) return;
}

void FreezeContainer(Monitor& monitor, bool freeze) {
  if (WriteCgroup(monitor, "cgroup.freeze", freeze ? "1" : "0")) return;
  sys::PidfdSendSignal(monitor.pidfd.get(), freeze ? SIGSTOP : SIGCONT);
}

}  // namespace tsrun

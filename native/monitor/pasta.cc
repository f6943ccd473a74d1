// pasta(1), which carries an ordinary user's network: what the container sends to its interface
// leaves the host from sockets of that user.
//
//   monitor --- fork ---> joiner                  the container's user namespace, setns(2)
//                         clone3(CLONE_PARENT) ---> keeper   PID 1 of a pid namespace
//      <--- how it went ------------------------     \--- pasta
//
// pasta changes its ids and goes into the background, so nothing that it inherits would end it with
// its container. The keeper's pid namespace does: the keeper ends when PID 1 of the container or
// the monitor ends, and the kernel ends all in its namespace with it, whoever was killed.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "monitor/monitor.h"
#include "monitor/netlink.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// In a private mount namespace. By /proc/PID/ns/net pasta would have to trace the process, for
// which it has dropped the capability by then.
constexpr char kPlace[] = "/tmp", kNetns[] = "/tmp/netns";

struct Report {
  Op op;
  int err;  // errno, or of kProgramStatus the status
};

// In the new processes: no allocation (rule of init/).
struct Keeper {
  const Monitor& monitor;
  const char* program;
  char* const* argv;
  int report;
  int said;

  [[noreturn]] void Die(Op op, int err) const {
    const Report failed = {op, err};
    if (write(report, &failed, sizeof failed) < 0) _exit(71);
    _exit(70);
  }

  [[noreturn]] void Join() const {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/ns/user", static_cast<int>(monitor.child));
    const int users = open(path, O_RDONLY | O_CLOEXEC);
    if (users < 0) Die(Op::kOpen, errno);
    if (setns(users, CLONE_NEWUSER) != 0) Die(Op::kSetns, errno);
    struct clone_args args = {};
    args.flags = CLONE_PARENT | CLONE_NEWPID | CLONE_NEWNS;
    const pid_t keeper = sys::Clone3(&args);
    if (keeper < 0) Die(Op::kClone, errno);
    if (keeper == 0) Keep();
    _exit(0);
  }

  [[noreturn]] void Keep() const {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "tsrun:pasta");
    prctl(PR_SET_DUMPABLE, 0);
    ShowNetns();
    const pid_t child = fork();
    if (child < 0) Die(Op::kClone, errno);
    if (child == 0) Execute();
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    // It has made itself at home and gone into the background.
    const bool done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!done) Die(Op::kProgramStatus, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    const Report well = {Op::kNone, 0};
    // A monitor that was killed before the death signal was set has closed its end.
    if (write(report, &well, sizeof well) < 0) _exit(71);
    Wait();
  }

  void ShowNetns() const {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/ns/net", static_cast<int>(monitor.child));
    if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0 ||
        mount("tmpfs", kPlace, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0) {
      Die(Op::kMount, errno);
    }
    const int file = open(kNetns, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) Die(Op::kOpen, errno);
    close(file);
    if (mount(path, kNetns, nullptr, MS_BIND, nullptr) != 0) Die(Op::kMount, errno);
  }

  [[noreturn]] void Execute() const {
    // Root of the container's user namespace keeps its capabilities across exec. Where there is no
    // such id, the caller's own is one.
    if (setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) != 0) _exit(126);
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(said, STDERR_FILENO);
    // Node ignores SIGPIPE, and pasta takes that for an error.
    signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    char* env[] = {nullptr};
    if (chdir("/") == 0) execve(program, argv, env);
    _exit(127);
  }

  // Holds nothing of the monitor's: somebody may wait for its end.
  [[noreturn]] void Wait() const {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGCHLD, &ignore, nullptr);
    dup2(monitor.pidfd.get(), STDIN_FILENO);
    sys::CloseRange(STDIN_FILENO + 1, ~0u, 0);
    struct pollfd end = {STDIN_FILENO, POLLIN, 0};
    while (poll(&end, 1, -1) < 0 && errno == EINTR) {
    }
    _exit(0);
  }
};

}  // namespace

int Perform(Monitor& monitor, const Pasta& step) {
  int ends[2];
  monitor.said = Fd(memfd_create("said", MFD_CLOEXEC));
  if (!monitor.said.valid() || pipe2(ends, O_CLOEXEC) != 0)
    return Failed(monitor.context, Op::kOpen);
  Fd reports(ends[0]), report(ends[1]);
  std::vector<char*> argv;
  for (const Str word : step.argv) argv.push_back(const_cast<char*>(word));
  argv.push_back(const_cast<char*>(kNetns));
  argv.push_back(nullptr);
  const pid_t joiner = fork();
  if (joiner < 0) return Failed(monitor.context, Op::kClone);
  if (joiner == 0) {
    Keeper{monitor, step.program, argv.data(), report.get(), monitor.said.get()}.Join();
  }
  report.Close();
  Report how = {Op::kPeerGone, EPIPE};
  while (read(reports.get(), &how, sizeof how) < 0 && errno == EINTR) {
  }
  while (waitpid(joiner, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (how.op != Op::kNone) return FailedWith(monitor, how.op, how.err);
  monitor.said.Close();
  return 0;
}

}  // namespace tsrun

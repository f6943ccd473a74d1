// PID 1 of --init: forwards signals to the command, reaps whatever is left to it, ends with the
// command's status.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "init/context.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// Reaps all that has ended; the command's own end ends PID 1 and with it the namespace.
void Reap(pid_t command) {
  int status = 0;
  pid_t ended;
  while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
    if (ended != command) continue;
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  }
}

// A list of processes shall say "tsrun-init init" and not what the monitor was started as. The
// words lie in this process's own copy of the memory (proc(5), cmdline).
void SayInit(const InitContext& ctx) {
  constexpr char kRole[] = "init";
  for (size_t i = 0; i < ctx.words_size; ++i) ctx.words[i] = i < sizeof kRole ? kRole[i] : '\0';
}

}  // namespace

void RunReaper(InitContext& ctx, int child) {
  const uint64_t all = ~uint64_t{0};
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof all);
  // The monitor tells by it that init got here (DiedBeforeExec); and so does a list of processes.
  prctl(PR_SET_NAME, "tsrun-init");
  SayInit(ctx);
  // No exec closes them here: the monitor takes the end of its socket for the start of the command.
  sys::CloseRange(3, ~0u, 0);
  for (;;) {
    siginfo_t info = {};
    const long signal = syscall(SYS_rt_sigtimedwait, &all, &info, nullptr, sizeof all);
    if (signal == SIGCHLD) {
      Reap(child);
    } else if (signal > 0 && signal != SIGTTIN && signal != SIGTTOU) {
      // The terminal's own signals already reached the foreground job.
      kill(child, static_cast<int>(signal));
    }
  }
}

}  // namespace tsrun

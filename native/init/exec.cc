// The end of init: nothing inherited, then the entrypoint.
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "init/context.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

void AddHome(InitContext& ctx) {
  if (!ctx.answered || ctx.answer.home_size == 0) return;
  memcpy(ctx.home, "HOME=", 5);
  memcpy(ctx.home + 5, ctx.answer.home, ctx.answer.home_size);
  ctx.home[sizeof ctx.home - 1] = 0;
  ctx.env[ctx.env_count] = ctx.home;
}

// As execvp(3): a candidate that is missing is passed over, one that may not be executed is
// remembered.
int TryCandidates(InitContext& ctx, const Exec& step) {
  int remembered = ENOENT;
  for (ctx.item = 0; ctx.item < step.candidates.size(); ++ctx.item) {
    execve(step.candidates[ctx.item], ctx.argv, ctx.env);
    if (errno == EACCES) {
      remembered = EACCES;
    } else if (errno != ENOENT && errno != ENOTDIR) {
      ctx.op = Op::kExecve;
      return errno;
    }
  }
  ctx.item = UINT32_MAX;
  ctx.op = Op::kExecve;
  return remembered;
}

}  // namespace

// Closed, not marked: execve(2) looks the command and its interpreter up before it closes anything,
// so that an entrypoint of /proc/self/fd/N/../../... would be a program of the host's, open to be
// overwritten through /proc/self/exe. Only sockets stay, no path leads through them: to the monitor
// until the exec succeeds, to a filter's listener until the filter is in force.
int Perform(InitContext& ctx, const CloseFiles& step) {
  const uint32_t slot = ListenerSlot(ctx);
  const int listener = SlotFd(ctx, slot);
  const unsigned monitor = static_cast<unsigned>(ctx.monitor);
  const unsigned other = listener < 0 ? monitor : static_cast<unsigned>(listener);
  const unsigned kept[] = {monitor < other ? monitor : other, monitor < other ? other : monitor};
  unsigned from = step.from;
  for (const unsigned fd : kept) {
    if (sys::CloseRange(fd, fd, CLOSE_RANGE_CLOEXEC) != 0) return Failed(ctx, Op::kCloseRange);
    if (from < fd && sys::CloseRange(from, fd - 1, 0) != 0) return Failed(ctx, Op::kCloseRange);
    if (from <= fd) from = fd + 1;
  }
  if (sys::CloseRange(from, ~0u, 0) != 0) return Failed(ctx, Op::kCloseRange);
  for (uint32_t i = 0; i < kMaxSlots; ++i) {
    if (i != slot) ctx.slots[i] = -1;
  }
  ctx.root = -1;
  ctx.proc = -1;
  return 0;
}

int Perform(InitContext& ctx, const Exec& step) {
  if (step.home_looked_up) AddHome(ctx);
  if (!step.reaper) return TryCandidates(ctx, step);
  // The raw fork: no handlers of the C library's run, nothing is allocated.
  const int child = static_cast<int>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  if (child < 0) return Failed(ctx, Op::kFork);
  if (child == 0) {
    // Without a pid namespace the end of PID 1 does not end the others.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // A job of its own on the terminal, so that a shell's job control works (tcsetpgrp needs
    // SIGTTOU blocked).
    setpgid(0, 0);
    uint64_t ttou = uint64_t{1} << (SIGTTOU - 1), before = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &ttou, &before, sizeof ttou);
    tcsetpgrp(0, getpid());
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, sizeof before);
    return TryCandidates(ctx, step);
  }
  RunReaper(ctx, child);
}

}  // namespace tsrun

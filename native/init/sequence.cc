// Init from the first step to exec: the list in order, one line per outcome.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <type_traits>

#include "init/context.h"
#include "plan/actors.h"
#include "sys/clock.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// A fresh process expects default dispositions and an empty mask; ours come from Node, which
// ignores SIGPIPE. The raw call: the C library refuses its own two real-time signals.
void ResetSignals() {
  struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
  } action = {SIG_DFL, 0, nullptr, 0};
  for (int signal = 1; signal <= 64; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP)
      syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof(uint64_t));
  }
  const uint64_t none = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
}

// Waits until the launcher has looked into the root of a container whose exec failed, or has told
// what there is to tell.
void WaitForAck(int monitor) {
  Message reply = {};
  int fd = -1;
  ReceivePacket(monitor, &reply, sizeof reply, &fd);
}

// exec, and a filter right before it: under the filter only what the command needs is allowed, so
// nothing is reported.
bool IsLast(const std::vector<Step>& steps, uint32_t step) {
  if (std::holds_alternative<Seccomp>(steps[step]) && step + 1 < steps.size()) ++step;
  return std::holds_alternative<Exec>(steps[step]);
}

// Anew: CloseFiles has closed the root's descriptor, and after pivot_root "/" is the same.
int OpenRoot() {
  constexpr int kFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  const int root = open("/", kFlags);
  if (root >= 0 || errno != EMFILE) return root;
  // The command's own limit is in force, and nobody reads standard input any more.
  close(STDIN_FILENO);
  return open("/", kFlags);
}

constexpr int kSendTries = 500;
constexpr struct timespec kBetweenTries = {0, 2'000'000};

[[noreturn]] void Die(InitContext& ctx, int err, bool show_root) {
  const Message failure = {MessageType::kStepFailed, ctx.step, err, ctx.op, ctx.item, 0};
  const int root = show_root ? OpenRoot() : -1;
  // That limit holds for descriptors on their way too, unix(7), for all of this user's together:
  // those of other containers are there for moments.
  int sent = ETOOMANYREFS;
  for (int tries = 0; tries < kSendTries && sent == ETOOMANYREFS; ++tries) {
    if (tries > 0) nanosleep(&kBetweenTries, nullptr);
    sent = SendMessage(ctx.monitor, failure, root);
  }
  if (sent == ETOOMANYREFS) SendMessage(ctx.monitor, failure, -1);
  if (show_root) WaitForAck(ctx.monitor);
  _exit(70);
}

}  // namespace

int Failed(InitContext& ctx, Op op) {
  ctx.op = op;
  return errno;
}

void RunInit(InitContext& ctx, uint32_t first_step) {
  ArmParentDeathSignal(ctx);
  Message go = {};
  int fd = -1;
  // EOF: the monitor died before it could finish its part.
  if (ReceivePacket(ctx.monitor, &go, sizeof go, &fd) <= 0) _exit(70);
  ctx.host_pid = go.a;
  ResetSignals();
  // Modes are the plan's: the caller's umask must not take bits from directories and nodes. User
  // sets the container's.
  umask(0);
  const auto& steps = ctx.plan->steps;
  ctx.reporting = ctx.plan->header.report_progress;
  bool last = false;
  for (ctx.step = first_step; ctx.step < steps.size(); ++ctx.step) {
    if (!last && IsLast(steps, ctx.step)) {
      last = true;
      if (ctx.reporting) {
        ctx.reporting = false;
        SendMessage(ctx.monitor, {MessageType::kReady, ctx.step, 0, Op::kNone, 0, 0}, -1);
        WaitForAck(ctx.monitor);
      }
      // The monitor of a process that is handed over ends when it hears of the exec.
      if (ctx.plan->header.lifetime == Lifetime::kHandover) prctl(PR_SET_PDEATHSIG, 0);
    }
    std::visit(
        [&ctx](const auto& step) {
          using T = std::decay_t<decltype(step)>;
          if constexpr (!kForMonitor<T>) {
            const uint64_t begin = ctx.reporting ? Nanoseconds() : 0;
            ctx.op = Op::kNone;
            ctx.item = 0;
            const int err = Perform(ctx, step);
            if (err != 0) {
              if (MayFail(step)) {
                SendMessage(ctx.monitor, {MessageType::kNote, ctx.step, err, ctx.op, ctx.item, 0},
                            -1);
                return;
              }
              Die(ctx, err, kIsOneOf<T, Exec, FindCommand, WorkingDirectory>);
            }
            if (ctx.reporting) {
              SendMessage(
                  ctx.monitor,
                  {MessageType::kStepDone, ctx.step, 0, Op::kNone, Nanoseconds() - begin, 0}, -1);
            }
          }
        },
        steps[ctx.step]);
  }
  // A plan without exec is a bug of the launcher's.
  ctx.op = Op::kExecve;
  Die(ctx, ENOEXEC, false);
}

}  // namespace tsrun

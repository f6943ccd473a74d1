// Init from the first step to exec: the list in order, one line per outcome.
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>
#include <csignal>
#include <type_traits>

#include "init/context.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

uint64_t Nanoseconds() {
  struct timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

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

template <class T>
constexpr bool kOptional = std::is_same_v<T, Mount> || std::is_same_v<T, Bind>;

template <class T>
constexpr bool kForMonitor =
    std::is_same_v<T, CgroupCreate> || std::is_same_v<T, CgroupEnable> ||
    std::is_same_v<T, CgroupEnter> || std::is_same_v<T, CgroupScope> ||
    std::is_same_v<T, CgroupWrite> || std::is_same_v<T, CgroupDevices> ||
    std::is_same_v<T, OpenTree> || std::is_same_v<T, Clone> || std::is_same_v<T, IdMapStep> ||
    std::is_same_v<T, Rlimit> || std::is_same_v<T, OomScoreAdj>;

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

[[noreturn]] void Die(InitContext& ctx, int err, bool show_root) {
  const Message failure = {MessageType::kStepFailed, ctx.step, err, ctx.op, ctx.item, 0};
  // Opened anew: CloseFiles has closed the root's descriptor, and after pivot_root "/" is the same.
  const int root = show_root ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
  SendMessage(ctx.monitor, failure, root);
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
  ResetSignals();
  // Modes are the plan's: the caller's umask must not take bits from directories and nodes. User
  // sets the container's.
  umask(0);
  const auto& steps = ctx.plan->steps;
  bool timed = ctx.plan->header.report_progress;
  for (ctx.step = first_step; ctx.step < steps.size(); ++ctx.step) {
    if (timed && IsLast(steps, ctx.step)) {
      timed = false;
      SendMessage(ctx.monitor, {MessageType::kReady, ctx.step, 0, Op::kNone, 0, 0}, -1);
      WaitForAck(ctx.monitor);
    }
    std::visit(
        [&ctx, timed](const auto& step) {
          using T = std::decay_t<decltype(step)>;
          if constexpr (!kForMonitor<T>) {
            const uint64_t begin = timed ? Nanoseconds() : 0;
            ctx.op = Op::kNone;
            ctx.item = 0;
            const int err = Perform(ctx, step);
            if (err != 0) {
              if constexpr (kOptional<T>) {
                if (step.demand == Demand::kBestEffort) {
                  SendMessage(ctx.monitor, {MessageType::kNote, ctx.step, err, ctx.op, ctx.item, 0},
                              -1);
                  return;
                }
              }
              Die(ctx, err, std::is_same_v<T, Exec> || std::is_same_v<T, WorkingDirectory>);
            }
            if (timed) {
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

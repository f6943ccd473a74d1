#include "monitor/monitor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <type_traits>

#include "plan/actors.h"
#include "sys/clock.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// Argument arrays for execve, made now because init must not allocate. They live as long as the
// process.
void PrepareExec(Monitor& monitor) {
  for (Step& step : monitor.plan.steps) {
    if (auto* hooks = std::get_if<ContainerHooks>(&step)) {
      for (Hook& hook : hooks->hooks) {
        hook.argv.push_back(nullptr);
        hook.env.push_back(nullptr);
      }
    }
    const auto* exec = std::get_if<Exec>(&step);
    if (exec == nullptr) continue;
    auto copy = [](const std::vector<Str>& from, size_t spare) {
      char** list = new char*[from.size() + spare + 1];
      for (size_t i = 0; i < from.size(); ++i) list[i] = const_cast<char*>(from[i]);
      for (size_t i = from.size(); i <= from.size() + spare; ++i) list[i] = nullptr;
      return list;
    };
    monitor.context.argv = copy(exec->argv, 0);
    monitor.context.env = copy(exec->env, 1);
    monitor.context.env_count = static_cast<uint32_t>(exec->env.size());
  }
}

// True: go on with the next step.
template <class T>
bool Run(Monitor& monitor, const T& step) {
  InitContext& ctx = monitor.context;
  const uint64_t begin = Nanoseconds();
  ctx.op = Op::kNone;
  ctx.item = 0;
  const int err = Perform(monitor, step);
  const bool failed = err != 0 || ctx.op == Op::kReadBack;
  if (!failed) {
    if (monitor.plan.header.report_progress) {
      SendMessage(monitor.channel.get(),
                  {MessageType::kStepDone, ctx.step, 0, Op::kNone, Nanoseconds() - begin,
                   static_cast<uint64_t>(monitor.child > 0 ? monitor.child : 0)},
                  -1);
    }
    return true;
  }
  const MessageType type = MayFail(step) ? MessageType::kNote : MessageType::kStepFailed;
  SendMessage(monitor.channel.get(), {type, ctx.step, err, ctx.op, ctx.item, 0},
              monitor.said.get());
  monitor.said.Close();
  return type == MessageType::kNote;
}

// The steps of the monitor, those before the clone and those after it; they stand in front of
// init's in every plan.
bool RunSteps(Monitor& monitor) {
  auto& steps = monitor.plan.steps;
  for (uint32_t i = 0; i < steps.size(); ++i) {
    monitor.context.step = i;
    const bool go_on = std::visit(
        [&monitor](const auto& step) {
          if constexpr (kForMonitor<std::decay_t<decltype(step)>>) {
            return Run(monitor, step);
          } else {
            return true;
          }
        },
        steps[i]);
    if (!go_on) return false;
  }
  return monitor.child > 0;
}

// The launcher's files come without a gap, and nothing else is open yet.
int CountKept() {
  int count = 0;
  while (fcntl(kFirstKept + count, F_GETFD) >= 0) ++count;
  return count;
}

}  // namespace

bool LoadPlan(Monitor& monitor, int fd) {
  struct stat st = {};
  if (fstat(fd, &st) != 0 || st.st_size <= 0) return false;
  // Private and kept: strings of the plan point into it, in this process and in init.
  void* bytes = mmap(nullptr, static_cast<size_t>(st.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED) return false;
  close(fd);
  DecodeFailure failure;
  if (DecodePlan(static_cast<const uint8_t*>(bytes), static_cast<size_t>(st.st_size), &monitor.plan,
                 &failure)) {
    return true;
  }
  SendMessage(monitor.channel.get(),
              {MessageType::kBadPlan, failure.step, 0, Op::kNone, failure.offset, 0}, -1);
  return false;
}

namespace {

// The end of what is left, and how it ended, for whoever asks later.
void WriteDown(Monitor& monitor) {
  // A look that is under way has nothing to look at.
  if (monitor.health.probe > 0) {
    kill(monitor.health.probe, SIGKILL);
    while (waitpid(monitor.health.probe, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  EndOrphans();
  if (!monitor.was_started) return;
  // First: between the two files it would be neither running nor about to.
  monitor.restart_after = PrepareRestart(monitor);
  // The group still tells.
  const unsigned long long oom_kills = OomKills(monitor);
  RecordEnd(monitor, oom_kills);
  RecordEndEvents(monitor, oom_kills);
}

}  // namespace

int Finish(Monitor& monitor) {
  const int code = Serve(monitor, WriteDown);
  if (monitor.handed_over) return code;
  RemoveCgroup(monitor);
  if (!monitor.was_started) return code;
  if (monitor.plan.header.record.epilogue_restarts) {
    // Who waits for this end has heard of it.
    monitor.channel.Close();
    if (monitor.restart_after == 0 || !WaitToRestart(monitor, monitor.restart_after)) return code;
    BecomeEpilogue();
  }
  ExecuteEpilogue(monitor);
  return code;
}

int MonitorMain(int argc, char** argv) {
  if (argv[2] != nullptr && strcmp(argv[2], "rest") == 0) return RestingMain(argc, argv);
  if (argv[2] != nullptr && strcmp(argv[2], "seal") == 0 && ExecuteSealed(argv) != 0) return 71;
  // The addon's dup2 left them open across exec: for this program, not for newuidmap or the
  // container.
  sys::CloseRange(kChannelFd, ~0u, CLOSE_RANGE_CLOEXEC);
  const int kept = CountKept();
  prctl(PR_SET_NAME, "tsrun:monitor");
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  // One per process and never torn down piecemeal; too large for the stack.
  static Monitor monitor;
  monitor.channel = Fd(kChannelFd);
  monitor.kept = kept;
  for (int& slot : monitor.context.slots) slot = -1;
  const char* last = argv[argc - 1];
  monitor.context.words = argv[1];
  monitor.context.words_size = static_cast<size_t>(last + strlen(last) - argv[1]);
  if (!LoadPlan(monitor, kPlanFd)) return 70;
  PrepareExec(monitor);
  if (!OpenRecord(monitor)) return 70;
  if (!RunSteps(monitor)) {
    KillContainer(monitor);
    EndOrphans();
    RemoveCgroup(monitor);
    return 70;
  }
  monitor.anchor_users.Close();
  monitor.anchor_network.Close();
  const Message go = {MessageType::kGo, 0, 0, Op::kNone, static_cast<uint64_t>(monitor.child), 0};
  if (SendMessage(monitor.init.get(), go, -1) != 0) monitor.failed = true;
  return Finish(monitor);
}

}  // namespace tsrun

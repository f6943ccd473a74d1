// Hooks in the container's namespaces: createContainer before the root changes, startContainer
// after the start (runtime-spec config.md, "POSIX-platform Hooks").
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "init/context.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

int WriteAll(int fd, const char* text) {
  size_t left = strlen(text);
  while (left > 0) {
    const ssize_t put = write(fd, text, left);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    text += put;
    left -= static_cast<size_t>(put);
  }
  return 0;
}

// In memory and not through a pipe: a hook that does not read it ends nobody by SIGPIPE, and one
// that is slow holds nobody up.
int MakeState(InitContext& ctx, const ContainerHooks& step, Fd* state) {
  *state = Fd(memfd_create("state", MFD_CLOEXEC));
  if (!state->valid()) return Failed(ctx, Op::kOpen);
  char digits[12];
  char* at = digits + sizeof digits - 1;
  *at = 0;
  // As the container sees it.
  for (unsigned pid = static_cast<unsigned>(getpid()); pid != 0; pid /= 10)
    *--at = static_cast<char>('0' + pid % 10);
  int err = WriteAll(state->get(), step.head);
  if (err == 0) err = WriteAll(state->get(), at);
  if (err == 0) err = WriteAll(state->get(), step.tail);
  if (err != 0) ctx.op = Op::kWrite;
  return err;
}

[[noreturn]] void ExecHook(const Hook& hook, int state, int failure) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (lseek(state, 0, SEEK_SET) == 0 && dup2(state, 0) == 0) {
    // Nothing of ours is inherited.
    sys::CloseRange(3, ~0u, CLOSE_RANGE_CLOEXEC);
    execve(hook.path, const_cast<char* const*>(hook.argv.data()),
           const_cast<char* const*>(hook.env.data()));
  }
  const int err = errno;
  if (write(failure, &err, sizeof err) < 0) _exit(126);
  _exit(127);
}

// Waits for the end of a process, killing it when its time is over. True: it was.
bool WaitOrKill(pid_t pid, int pidfd, uint32_t milliseconds, int* status) {
  const uint64_t end = Nanoseconds() + uint64_t{milliseconds} * 1000000u;
  bool late = false;
  while (milliseconds != 0 && !late) {
    const uint64_t now = Nanoseconds();
    const int left = now >= end ? 0 : static_cast<int>((end - now + 999999u) / 1000000u);
    struct pollfd ended = {pidfd, POLLIN, 0};
    const int ready = poll(&ended, 1, left);
    if (ready > 0) break;
    if (ready == 0) late = true;
  }
  if (late) sys::PidfdSendSignal(pidfd, SIGKILL);
  while (waitpid(pid, status, 0) < 0 && errno == EINTR) {
  }
  return late;
}

int RunHook(InitContext& ctx, const Hook& hook, int state) {
  int pair[2];
  if (pipe2(pair, O_CLOEXEC) != 0) return Failed(ctx, Op::kFork);
  Fd result(pair[0]);
  Fd failure(pair[1]);
  int pidfd = -1;
  struct clone_args args = {};
  args.flags = CLONE_PIDFD;
  args.exit_signal = SIGCHLD;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  const pid_t child = sys::Clone3(&args);
  if (child < 0) return Failed(ctx, Op::kFork);
  if (child == 0) ExecHook(hook, state, failure.get());
  Fd process(pidfd);
  failure.Close();
  int err = 0;
  ssize_t got;
  while ((got = read(result.get(), &err, sizeof err)) < 0 && errno == EINTR) {
  }
  int status = 0;
  const bool late = WaitOrKill(child, process.get(), hook.milliseconds, &status);
  if (got == static_cast<ssize_t>(sizeof err)) {
    ctx.op = Op::kHookExec;
    return err;
  }
  if (late) {
    ctx.op = Op::kHookTimeout;
    return ETIMEDOUT;
  }
  ctx.op = WIFSIGNALED(status) ? Op::kHookSignal : Op::kHookStatus;
  return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

int Perform(InitContext& ctx, const ContainerHooks& step) {
  Fd state;
  int err = MakeState(ctx, step, &state);
  for (ctx.item = 0; err == 0 && ctx.item < step.hooks.size(); ++ctx.item) {
    err = RunHook(ctx, step.hooks[ctx.item], state.get());
    if (err != 0) break;
  }
  return err;
}

}  // namespace tsrun

// A pipe for a container's standard stream that we never touch ourselves.
//
// Whoever has one end of a pipe can keep its lock in the kernel for as long as they like:
// sendfile(2) and splice(2) into it take the lock before they wait for their source. Reading the
// other end then sleeps uninterruptibly, whatever O_NONBLOCK says: the event loop, its time limits,
// even SIGKILL. So a thread of its own stands between, with a socket to us, which nobody can hold
// like that. It has a descriptor table of its own: when the process is killed, the thread may sleep
// on, but the monitor's connection closes all the same, the monitor ends the container, and that
// frees the lock.
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <future>
#include <string>
#include <system_error>
#include <thread>

#include "addon/module.h"

namespace tsrun {
namespace {

constexpr int kFrom = 0;
constexpr int kTo = 1;

// A descriptor table with these two descriptors and nothing else. Returns 0 or errno.
int KeepOnly(int from, int to) {
  if (unshare(CLONE_FILES) != 0) return errno;
  // Both are above 2: Node opens what its caller left closed.
  if (dup2(from, kFrom) < 0 || dup2(to, kTo) < 0) return errno;
  return syscall(SYS_close_range, 2u, ~0u, 0) == 0 ? 0 : errno;
}

bool WriteAll(const char* data, size_t size) {
  while (size > 0) {
    const ssize_t put = write(kTo, data, size);
    if (put < 0 && errno != EINTR) return false;
    if (put < 0) continue;
    data += put;
    size -= static_cast<size_t>(put);
  }
  return true;
}

void Copy() {
  static constexpr size_t kSize = 65536;
  std::string buffer(kSize, 0);
  for (;;) {
    const ssize_t got = read(kFrom, buffer.data(), kSize);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || !WriteAll(buffer.data(), static_cast<size_t>(got))) break;
  }
  close(kFrom);
  close(kTo);
}

// Starts the thread; returns when it has its own descriptors, so that the caller may close these.
int StartCopying(int from, int to) {
  sigset_t all, before;
  sigfillset(&all);
  // Signals are the event loop's; SIGPIPE becomes an EPIPE.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::promise<int> promise;
  std::future<int> ready = promise.get_future();
  int err = 0;
  try {
    std::thread([from, to, promise = std::move(promise)]() mutable {
      const int failed = KeepOnly(from, to);
      promise.set_value(failed);
      if (failed == 0) Copy();
    }).detach();
  } catch (const std::system_error&) {
    err = EAGAIN;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return err != 0 ? err : ready.get();
}

void CloseBoth(const int (&ends)[2]) {
  close(ends[0]);
  close(ends[1]);
}

Napi::Value RelayedPipe(const Napi::CallbackInfo& info) {
  const bool output = info[0].As<Napi::String>().Utf8Value() == "output";
  int ends[2], ours[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw ErrnoError(info.Env(), errno, "pipe2");
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ours) != 0) {
    const int err = errno;
    CloseBoth(ends);
    throw ErrnoError(info.Env(), err, "socketpair");
  }
  const int theirs = ends[output ? 1 : 0];
  const int relayed = ends[output ? 0 : 1];
  const int err = output ? StartCopying(relayed, ours[1]) : StartCopying(ours[1], relayed);
  close(relayed);
  close(ours[1]);
  if (err != 0) {
    close(theirs);
    close(ours[0]);
    throw ErrnoError(info.Env(), err, "thread");
  }
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("ours", Napi::Number::New(info.Env(), ours[0]));
  result.Set("theirs", Napi::Number::New(info.Env(), theirs));
  return result;
}

}  // namespace

void RegisterPipe(Napi::Env env, Napi::Object exports) {
  exports.Set("relayedPipe", Napi::Function::New(env, RelayedPipe));
}

}  // namespace tsrun

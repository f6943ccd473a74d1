// Starts a monitor: vfork, exec of the helper.
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "addon/channel.h"
#include "addon/module.h"

namespace tsrun {
namespace {

constexpr int kFirstKept = 5;

// What the vforked child needs; prepared by the parent, because the child shares its memory and
// must not change it.
struct Spawn {
  std::vector<int> sources;  // become 0, 1, 2, 3, ...; each is above every target and close-on-exec
  std::vector<char*> argv;
  const char* path = nullptr;
  int executable = -1;
};

// In the child of vfork: system calls only.
[[noreturn]] void ExecHelper(const Spawn& spawn) {
  for (size_t i = 0; i < spawn.sources.size(); ++i) dup2(spawn.sources[i], static_cast<int>(i));
  syscall(SYS_close_range, static_cast<unsigned>(spawn.sources.size()), ~0u, CLOSE_RANGE_CLOEXEC);
  // The caller's directory must not stay busy, nor be visible to anything the helper starts.
  if (chdir("/") != 0) _exit(126);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // An empty environment: nothing of the caller's decides what runs (NODE_OPTIONS, LD_PRELOAD).
  char* env[] = {nullptr};
  if (spawn.executable >= 0) {
    syscall(SYS_execveat, spawn.executable, "", spawn.argv.data(), env, AT_EMPTY_PATH);
  } else {
    execve(spawn.path, spawn.argv.data(), env);
  }
  _exit(127);
}

int PlanFile(const uint8_t* data, size_t size) {
  const int fd = memfd_create("tsrun-plan", MFD_CLOEXEC);
  if (fd < 0) return -1;
  for (size_t at = 0; at < size;) {
    const ssize_t put = write(fd, data + at, size - at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int err = errno;
      close(fd);
      errno = err;
      return -1;
    }
    at += static_cast<size_t>(put);
  }
  return fd;
}

// Copies above every target number, so that no dup2 of the child overwrites a source of a later
// one.
bool Raise(std::vector<int>* fds) {
  for (size_t i = 0; i < fds->size(); ++i) {
    const int copy = fcntl((*fds)[i], F_DUPFD_CLOEXEC, 64);
    if (copy < 0) {
      const int err = errno;
      for (size_t j = 0; j < i; ++j) close((*fds)[j]);
      errno = err;
      return false;
    }
    (*fds)[i] = copy;
  }
  return true;
}

pid_t VforkHelper(const Spawn& spawn) {
  // A handler of Node's must not run in the child that shares its memory.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = vfork();
  if (child == 0) ExecHelper(spawn);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return child;
}

Napi::Value Launch(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto request = info[0].As<Napi::Object>();
  const std::string helper = request.Get("helper").As<Napi::String>().Utf8Value();
  const auto plan = request.Get("plan").As<Napi::Uint8Array>();
  const auto stdio = request.Get("stdio").As<Napi::Array>();
  const auto keep = request.Get("keep").As<Napi::Array>();
  const auto args = request.Get("args").As<Napi::Array>();

  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    throw ErrnoError(env, errno, "socketpair");
  const int plan_fd = PlanFile(plan.Data(), plan.ByteLength());
  if (plan_fd < 0) {
    const int err = errno;
    close(pair[0]);
    close(pair[1]);
    throw ErrnoError(env, err, "memfd_create");
  }

  Spawn spawn;
  for (uint32_t i = 0; i < 3; ++i)
    spawn.sources.push_back(stdio.Get(i).As<Napi::Number>().Int32Value());
  spawn.sources.push_back(pair[1]);
  spawn.sources.push_back(plan_fd);
  static_assert(kFirstKept == 5, "three of stdio, the channel, the plan");
  for (uint32_t i = 0; i < keep.Length(); ++i)
    spawn.sources.push_back(keep.Get(i).As<Napi::Number>().Int32Value());
  // A name and no path: with --init it is what the container sees of PID 1.
  std::vector<std::string> words = {"tsrun-init"};
  for (uint32_t i = 0; i < args.Length(); ++i)
    words.push_back(args.Get(i).As<Napi::String>().Utf8Value());
  for (auto& word : words) spawn.argv.push_back(word.data());
  spawn.argv.push_back(nullptr);
  spawn.path = helper.c_str();
  spawn.executable = request.Get("helperFd").As<Napi::Number>().Int32Value();

  const bool raised = Raise(&spawn.sources);
  int err = errno;
  pid_t child = -1;
  if (raised) {
    child = VforkHelper(spawn);
    err = errno;
    for (const int fd : spawn.sources) close(fd);
  }
  close(pair[1]);
  close(plan_fd);
  if (child < 0) {
    close(pair[0]);
    throw ErrnoError(env, err, raised ? "vfork" : "fcntl");
  }

  Napi::Object result = Napi::Object::New(env);
  result.Set("pid", Napi::Number::New(env, child));
  result.Set("channel", OpenChannel(env, pair[0], {child, request.Get("outlives").ToBoolean()},
                                    info[1].As<Napi::Function>(), info[2].As<Napi::Function>()));
  return result;
}

}  // namespace

void RegisterLaunch(Napi::Env env, Napi::Object exports) {
  exports.Set("launch", Napi::Function::New(env, Launch));
}

}  // namespace tsrun

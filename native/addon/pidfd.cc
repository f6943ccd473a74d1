// A process as a descriptor, pidfd_open(2): what it names cannot become another process.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "addon/module.h"

namespace tsrun {
namespace {

Napi::Value PidfdOpen(const Napi::CallbackInfo& info) {
  const int pid = info[0].As<Napi::Number>().Int32Value();
  const long fd = syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) throw ErrnoError(info.Env(), errno, "pidfd_open");
  return Napi::Number::New(info.Env(), static_cast<double>(fd));
}

Napi::Value PidfdKill(const Napi::CallbackInfo& info) {
  const int pidfd = info[0].As<Napi::Number>().Int32Value();
  const bool sent = syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0) == 0;
  return Napi::Boolean::New(info.Env(), sent);
}

}  // namespace

void RegisterPidfd(Napi::Env env, Napi::Object exports) {
  exports.Set("pidfdOpen", Napi::Function::New(env, PidfdOpen));
  exports.Set("pidfdKill", Napi::Function::New(env, PidfdKill));
}

}  // namespace tsrun

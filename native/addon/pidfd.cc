// A process as a descriptor, pidfd_open(2): what it names cannot become another process.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "addon/module.h"

namespace tsrun {
namespace {

Napi::Value PidfdOpen(const Napi::CallbackInfo& info) {
  const int pid = info[0].As<Napi::Number>().Int32Value();
  const long fd = syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) throw ErrnoError(info.Env(), errno, "pidfd_open");
  return Napi::Number::New(info.Env(), static_cast<double>(fd));
}

}  // namespace

void RegisterPidfd(Napi::Env env, Napi::Object exports) {
  exports.Set("pidfdOpen", Napi::Function::New(env, PidfdOpen));
}

}  // namespace tsrun

// Which processors this thread may run on; what it starts inherits them.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "addon/module.h"

namespace tsrun {
namespace {

void SetCpuAffinity(const Napi::CallbackInfo& info) {
  const auto mask = info[0].As<Napi::Uint8Array>();
  if (syscall(SYS_sched_setaffinity, 0, mask.ByteLength(), mask.Data()) != 0)
    throw ErrnoError(info.Env(), errno, "sched_setaffinity");
}

}  // namespace

void RegisterCpuAffinity(Napi::Env env, Napi::Object exports) {
  exports.Set("setCpuAffinity", Napi::Function::New(env, SetCpuAffinity));
}

}  // namespace tsrun

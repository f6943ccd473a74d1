// Descriptors that this process was started with and never opened itself.
#include <linux/close_range.h>

#include <cerrno>

#include "addon/module.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

// Node's own are closed on exec already; what it inherited would go on to every program it starts.
Napi::Value CloseInheritedOnExec(const Napi::CallbackInfo& info) {
  if (sys::CloseRange(3, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
    throw ErrnoError(info.Env(), errno, "close_range");
  return info.Env().Undefined();
}

}  // namespace

void RegisterInheritedFiles(Napi::Env env, Napi::Object exports) {
  exports.Set("closeInheritedOnExec", Napi::Function::New(env, CloseInheritedOnExec));
}

}  // namespace tsrun

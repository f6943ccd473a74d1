// pipe2(2): Node has no way to make a pipe whose other end it keeps.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "addon/module.h"

namespace tsrun {
namespace {

Napi::Value Pipe(const Napi::CallbackInfo& info) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw ErrnoError(info.Env(), errno, "pipe2");
  Napi::Array result = Napi::Array::New(info.Env(), 2);
  result.Set(0u, Napi::Number::New(info.Env(), ends[0]));
  result.Set(1u, Napi::Number::New(info.Env(), ends[1]));
  return result;
}

}  // namespace

void RegisterPipe(Napi::Env env, Napi::Object exports) {
  exports.Set("pipe", Napi::Function::New(env, Pipe));
}

}  // namespace tsrun

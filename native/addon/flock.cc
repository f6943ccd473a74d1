// flock(2), never waiting: src/native/wait-flock.ts asks again.
#include <sys/file.h>

#include <cerrno>
#include <string>

#include "addon/module.h"

namespace tsrun {
namespace {

int Operation(const std::string& how) {
  if (how == "shared") return LOCK_SH;
  if (how == "exclusive") return LOCK_EX;
  return LOCK_UN;
}

Napi::Value Flock(const Napi::CallbackInfo& info) {
  const int fd = info[0].As<Napi::Number>().Int32Value();
  const int operation = Operation(info[1].As<Napi::String>().Utf8Value());
  if (flock(fd, operation | LOCK_NB) == 0) return Napi::Boolean::New(info.Env(), true);
  if (errno == EWOULDBLOCK) return Napi::Boolean::New(info.Env(), false);
  throw ErrnoError(info.Env(), errno, "flock");
}

}  // namespace

void RegisterFlock(Napi::Env env, Napi::Object exports) {
  exports.Set("flock", Napi::Function::New(env, Flock));
}

}  // namespace tsrun

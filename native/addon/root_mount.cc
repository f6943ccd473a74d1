// Mounts on the root of a container that shares the host's mount namespace.
#include "sys/root_mount.h"

#include <cerrno>
#include <string>

#include "addon/module.h"

namespace tsrun {
namespace {

Napi::Value TopMountOf(const Napi::CallbackInfo& info) {
  uint64_t id = 0;
  if (!TopMount(info[0].As<Napi::String>().Utf8Value().c_str(), &id))
    throw ErrnoError(info.Env(), errno, "statx");
  return Napi::Number::New(info.Env(), static_cast<double>(id));
}

void DetachMountsAbove(const Napi::CallbackInfo& info) {
  const auto before = static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value());
  const int err = DetachAbove(info[0].As<Napi::String>().Utf8Value().c_str(), before);
  if (err != 0) throw ErrnoError(info.Env(), err, "umount2");
}

}  // namespace

void RegisterRootMount(Napi::Env env, Napi::Object exports) {
  exports.Set("topMount", Napi::Function::New(env, TopMountOf));
  exports.Set("detachAbove", Napi::Function::New(env, DetachMountsAbove));
}

}  // namespace tsrun

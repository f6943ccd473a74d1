// Extended attributes of a path, xattr(7).
#include <sys/xattr.h>

#include <cerrno>
#include <string>

#include "addon/module.h"

namespace tsrun {
namespace {

void SetXattr(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>();
  const std::string name = info[1].As<Napi::String>();
  const std::string value = info[2].As<Napi::String>();
  if (setxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) != 0)
    throw ErrnoError(info.Env(), errno, "setxattr");
}

Napi::Value GetXattr(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>();
  const std::string name = info[1].As<Napi::String>();
  char value[256];
  const ssize_t size = getxattr(path.c_str(), name.c_str(), value, sizeof value);
  if (size >= 0) return Napi::String::New(info.Env(), value, static_cast<size_t>(size));
  if (errno == ENODATA || errno == ENOENT) return info.Env().Null();
  throw ErrnoError(info.Env(), errno, "getxattr");
}

}  // namespace

void RegisterXattr(Napi::Env env, Napi::Object exports) {
  exports.Set("setXattr", Napi::Function::New(env, SetXattr));
  exports.Set("getXattr", Napi::Function::New(env, GetXattr));
}

}  // namespace tsrun

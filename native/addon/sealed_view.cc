// The helper as something that can be executed and never written.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "addon/module.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

Napi::Value SealedView(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  // A detached, read-only mount of the one file: executing it gives /proc/PID/exe a mount nobody
  // can write through (CVE-2019-5736). Needs CAP_SYS_ADMIN; an ordinary user's helper seals itself.
  const long fd =
      syscall(SYS_open_tree, AT_FDCWD, path.c_str(), 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
  if (fd < 0) return info.Env().Null();
  struct {
    uint64_t set, clear, propagation, userns;
  } attributes = {1 /* MOUNT_ATTR_RDONLY */, 0, 0, 0};
  if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
    close(static_cast<int>(fd));
    return info.Env().Null();
  }
  return Napi::Number::New(info.Env(), static_cast<double>(fd));
}

}  // namespace

void RegisterSealedView(Napi::Env env, Napi::Object exports) {
  exports.Set("sealedView", Napi::Function::New(env, SealedView));
}

}  // namespace tsrun

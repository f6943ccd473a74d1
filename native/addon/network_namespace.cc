// A network namespace that is kept by a mount on a file, without a process:
// network_namespaces(7).
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "addon/module.h"
#include "sys/fd.h"

namespace tsrun {
namespace {

constexpr const char* kOwn = "/proc/thread-self/ns/net";

// unshare(2) of a network namespace is about this thread alone; what follows restores it.
Napi::Value KeepNetworkNamespace(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  const Fd file(open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) throw ErrnoError(env, errno, "open");
  const Fd own(open(kOwn, O_RDONLY | O_CLOEXEC));
  if (!own.valid()) throw ErrnoError(env, errno, "open");
  if (unshare(CLONE_NEWNET) != 0) throw ErrnoError(env, errno, "unshare");
  const int err = mount(kOwn, path.c_str(), nullptr, MS_BIND, nullptr) == 0 ? 0 : errno;
  // Never in the new one from here on.
  if (setns(own.get(), CLONE_NEWNET) != 0) abort();
  if (err != 0) throw ErrnoError(env, err, "mount");
  return env.Undefined();
}

Napi::Value DetachMount(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  if (umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) return info.Env().Undefined();
  // No mount point, or nothing at all.
  if (errno == EINVAL || errno == ENOENT) return info.Env().Undefined();
  throw ErrnoError(info.Env(), errno, "umount2");
}

}  // namespace

void RegisterNetworkNamespace(Napi::Env env, Napi::Object exports) {
  exports.Set("keepNetworkNamespace", Napi::Function::New(env, KeepNetworkNamespace));
  exports.Set("detachMount", Napi::Function::New(env, DetachMount));
}

}  // namespace tsrun

// The addon's table of contents.
#include "addon/module.h"

#include <cstring>
#include <string>

namespace tsrun {

Napi::Error ErrnoError(Napi::Env env, int err, const char* syscall) {
  Napi::Error error = Napi::Error::New(env, std::string(syscall) + ": " + strerror(err));
  error.Set("errno", Napi::Number::New(env, err));
  error.Set("syscall", Napi::String::New(env, syscall));
  return error;
}

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  RegisterChecksum(env, exports);
  RegisterCpuAffinity(env, exports);
  RegisterFlock(env, exports);
  RegisterInRoot(env, exports);
  RegisterLaunch(env, exports);
  RegisterLocalTime(env, exports);
  RegisterNetlink(env, exports);
  RegisterNetworkNamespace(env, exports);
  RegisterPidfd(env, exports);
  RegisterInheritedFiles(env, exports);
  RegisterLeave(env, exports);
  RegisterPipe(env, exports);
  RegisterPlan(env, exports);
  RegisterResolve(env, exports);
  RegisterRootMount(env, exports);
  RegisterReadFiles(env, exports);
  RegisterRealtimeSignals(env, exports);
  RegisterSealedView(env, exports);
  RegisterSeccomp(env, exports);
  RegisterSha256(env, exports);
  RegisterSharedMemory(env, exports);
  RegisterTerminal(env, exports);
  RegisterDecompress(env, exports);
  RegisterUnixSocket(env, exports);
  RegisterXattr(env, exports);
  return exports;
}

NODE_API_MODULE(tsrun, Init)

}  // namespace tsrun

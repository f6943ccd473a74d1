// The C++ side of the plan codec, for the contract test.
#include "addon/module.h"

namespace tsrun {
void RegisterPlan(Napi::Env, Napi::Object) {}
}  // namespace tsrun

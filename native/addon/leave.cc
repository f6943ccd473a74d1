// Ends the process at once.
#include <unistd.h>

#include "addon/module.h"

namespace tsrun {
namespace {

// Not exit(3): Node's handlers take the heap and the thread pool apart, a millisecond or two that a
// process without anything left to do or to say may save.
Napi::Value Leave(const Napi::CallbackInfo& info) {
  _exit(info[0].As<Napi::Number>().Int32Value());
}

}  // namespace

void RegisterLeave(Napi::Env env, Napi::Object exports) {
  exports.Set("leave", Napi::Function::New(env, Leave));
}

}  // namespace tsrun

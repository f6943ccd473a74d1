// Whether a descriptor is a terminal: asking node:tty loads Node's streams and sockets.
#include <unistd.h>

#include "addon/module.h"

namespace tsrun {
namespace {

Napi::Value IsTerminal(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), isatty(info[0].As<Napi::Number>().Int32Value()) == 1);
}

}  // namespace

void RegisterTerminal(Napi::Env env, Napi::Object exports) {
  exports.Set("isTerminal", Napi::Function::New(env, IsTerminal));
}

}  // namespace tsrun

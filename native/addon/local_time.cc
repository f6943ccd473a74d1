// A moment where the person is: localtime_r(3), which reads TZ and /etc/localtime. Node knows the
// offset, and not what the zone is called.
#include <ctime>

#include "addon/module.h"

namespace tsrun {
namespace {

Napi::Value LocalTime(const Napi::CallbackInfo& info) {
  const auto seconds = static_cast<time_t>(info[0].As<Napi::Number>().Int64Value());
  struct tm local = {};
  // localtime_r(3): it need not do this itself.
  tzset();
  char text[128];
  if (localtime_r(&seconds, &local) == nullptr ||
      strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z %Z", &local) == 0) {
    return info.Env().Null();
  }
  return Napi::String::New(info.Env(), text);
}

}  // namespace

void RegisterLocalTime(Napi::Env env, Napi::Object exports) {
  exports.Set("localTime", Napi::Function::New(env, LocalTime));
}

}  // namespace tsrun

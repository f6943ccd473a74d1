// The C++ side of the plan codec, for the contract test.
#include "plan/plan.h"

#include <string>

#include "addon/module.h"

namespace tsrun {
namespace {

Napi::Value RoundTripPlan(const Napi::CallbackInfo& info) {
  const auto bytes = info[0].As<Napi::Uint8Array>();
  Plan plan;
  DecodeFailure failure;
  if (!DecodePlan(bytes.Data(), bytes.ByteLength(), &plan, &failure)) {
    throw Napi::Error::New(
        info.Env(), std::string(failure.reason) + " (step " +
                        (failure.step == UINT32_MAX ? "none" : std::to_string(failure.step)) +
                        ", byte " + std::to_string(failure.offset) + ")");
  }
  const std::vector<uint8_t> encoded = EncodePlan(plan);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), encoded.data(), encoded.size());
}

}  // namespace

void RegisterPlan(Napi::Env env, Napi::Object exports) {
  exports.Set("roundTripPlan", Napi::Function::New(env, RoundTripPlan));
}

}  // namespace tsrun

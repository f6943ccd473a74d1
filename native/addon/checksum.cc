// CRC-32 of RFC 1952, by ISA-L: zlib's, which Node has, takes a sixth of the time that unpacking a
// layer does.
#include <isa-l/crc.h>

#include "addon/module.h"

namespace tsrun {
namespace {

Napi::Value Crc32(const Napi::CallbackInfo& info) {
  const uint32_t before = info[0].As<Napi::Number>().Uint32Value();
  const auto bytes = info[1].As<Napi::Uint8Array>();
  return Napi::Number::New(info.Env(), crc32_gzip_refl(before, bytes.Data(), bytes.ByteLength()));
}

}  // namespace

void RegisterChecksum(Napi::Env env, Napi::Object exports) {
  exports.Set("crc32", Napi::Function::New(env, Crc32));
}

}  // namespace tsrun

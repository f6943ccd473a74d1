// zstd, RFC 8878.
#include <zstd.h>

#include "addon/decoder.h"

namespace tsrun {
namespace {

// zstd --ultra -22 wants 128 MiB.
constexpr unsigned kZstdWindowLog = 27;

class ZstdDecoder : public Decoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {
    if (context_ != nullptr) ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kZstdWindowLog);
  }
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }
  bool Ready() const override { return context_ != nullptr; }
  Step Run(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool) override {
    ZSTD_inBuffer input = {in, in_size, 0};
    ZSTD_outBuffer output = {out, out_size, 0};
    Step step;
    while (output.pos < output.size) {
      const size_t in_before = input.pos;
      const size_t out_before = output.pos;
      // Also without input: what the decoder holds back is flushed so.
      const size_t result = ZSTD_decompressStream(context_, &output, &input);
      if (ZSTD_isError(result)) {
        step.error = ZSTD_getErrorName(result);
        break;
      }
      // Without any progress the result only repeats the size of the next header.
      if (input.pos == in_before && output.pos == out_before) break;
      boundary_ = result == 0;
    }
    step.consumed = input.pos;
    step.produced = output.pos;
    return step;
  }
  bool AtBoundary() const override { return boundary_; }

 private:
  ZSTD_DCtx* context_;
  bool boundary_ = false;
};

}  // namespace

std::unique_ptr<Decoder> MakeZstdDecoder() { return std::make_unique<ZstdDecoder>(); }

}  // namespace tsrun

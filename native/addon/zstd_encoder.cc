// zstd, RFC 8878, with a checksum of the content.
#include <zstd.h>

#include "addon/encoder.h"

namespace tsrun {
namespace {

class ZstdEncoder : public Decoder {
 public:
  explicit ZstdEncoder(int level) : context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) return;
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }
  bool Ready() const override { return context_ != nullptr; }
  Step Run(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool last) override {
    Step step;
    if (ended_) return step;
    ZSTD_inBuffer input = {in, in_size, 0};
    ZSTD_outBuffer output = {out, out_size, 0};
    const size_t result =
        ZSTD_compressStream2(context_, &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(result)) step.error = ZSTD_getErrorName(result);
    ended_ = last && result == 0;
    step.consumed = input.pos;
    step.produced = output.pos;
    return step;
  }
  bool AtBoundary() const override { return ended_; }

 private:
  ZSTD_CCtx* context_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Decoder> MakeZstdEncoder(int level) { return std::make_unique<ZstdEncoder>(level); }

}  // namespace tsrun

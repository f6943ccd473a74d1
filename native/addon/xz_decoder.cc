// The .xz file format.
#include <lzma.h>

#include "addon/decoder.h"

namespace tsrun {
namespace {

// xz -9 wants 65 MiB.
constexpr uint64_t kXzMemory = 160 << 20;

class XzDecoder : public Decoder {
 public:
  XzDecoder() { ready_ = lzma_stream_decoder(&stream_, kXzMemory, LZMA_CONCATENATED) == LZMA_OK; }
  ~XzDecoder() override { lzma_end(&stream_); }
  bool Ready() const override { return ready_; }
  Step Run(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool last) override {
    Step step;
    if (ended_) {
      step.consumed = in_size;
      return step;
    }
    stream_.next_in = in;
    stream_.avail_in = in_size;
    stream_.next_out = out;
    stream_.avail_out = out_size;
    // Concatenated streams end only where LZMA_FINISH says that the input does.
    const lzma_ret result = lzma_code(&stream_, last ? LZMA_FINISH : LZMA_RUN);
    step.consumed = in_size - stream_.avail_in;
    step.produced = out_size - stream_.avail_out;
    if (result == LZMA_STREAM_END) {
      ended_ = true;
    } else if (result == LZMA_MEMLIMIT_ERROR) {
      step.error = "it needs more memory than is allowed";
    } else if (result == LZMA_BUF_ERROR) {
      if (last && stream_.avail_out > 0) step.error = "unexpected end of file";
    } else if (result != LZMA_OK) {
      step.error = result == LZMA_FORMAT_ERROR ? "not in the xz format" : "the data is corrupt";
    }
    return step;
  }
  bool AtBoundary() const override { return ended_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ready_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Decoder> MakeXzDecoder() { return std::make_unique<XzDecoder>(); }

}  // namespace tsrun

// bzip2.
#include <bzlib.h>

#include "addon/decoder.h"

namespace tsrun {
namespace {

class Bzip2Decoder : public Decoder {
 public:
  ~Bzip2Decoder() override {
    if (open_) BZ2_bzDecompressEnd(&stream_);
  }
  bool Ready() const override { return true; }
  Step Run(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool) override {
    Step step;
    while (step.produced < out_size) {
      if (!open_) {
        if (step.consumed == in_size) break;
        stream_ = {};
        if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) {
          step.error = "out of memory";
          break;
        }
        open_ = true;
      }
      stream_.next_in = reinterpret_cast<char*>(const_cast<uint8_t*>(in)) + step.consumed;
      stream_.avail_in = static_cast<unsigned>(in_size - step.consumed);
      stream_.next_out = reinterpret_cast<char*>(out) + step.produced;
      stream_.avail_out = static_cast<unsigned>(out_size - step.produced);
      const int result = BZ2_bzDecompress(&stream_);
      const size_t consumed = in_size - stream_.avail_in;
      const size_t produced = out_size - stream_.avail_out;
      const bool stuck = consumed == step.consumed && produced == step.produced;
      step.consumed = consumed;
      step.produced = produced;
      if (result == BZ_STREAM_END) {
        BZ2_bzDecompressEnd(&stream_);
        open_ = false;
      } else if (result != BZ_OK) {
        step.error =
            result == BZ_DATA_ERROR_MAGIC ? "not in the bzip2 format" : "the data is corrupt";
        break;
      } else if (stuck) {
        break;
      }
    }
    return step;
  }
  bool AtBoundary() const override { return !open_; }

 private:
  bz_stream stream_ = {};
  bool open_ = false;
};

}  // namespace

std::unique_ptr<Decoder> MakeBzip2Decoder() { return std::make_unique<Bzip2Decoder>(); }

}  // namespace tsrun

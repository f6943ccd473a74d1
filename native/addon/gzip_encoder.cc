// gzip, RFC 1952, by ISA-L: its level 3 is about as small as zlib's 3 and several times as fast.
#include <isa-l/igzip_lib.h>

#include <vector>

#include "addon/encoder.h"

namespace tsrun {
namespace {

constexpr uint32_t kMemory[] = {ISAL_DEF_LVL0_DEFAULT, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT,
                                ISAL_DEF_LVL3_DEFAULT};

class GzipEncoder : public Decoder {
 public:
  explicit GzipEncoder(int level) : memory_(kMemory[level]) {
    isal_deflate_init(&stream_);
    stream_.level = static_cast<uint32_t>(level);
    stream_.level_buf = memory_.data();
    stream_.level_buf_size = static_cast<uint32_t>(memory_.size());
    stream_.gzip_flag = IGZIP_GZIP;
  }
  bool Ready() const override { return true; }
  Step Run(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool last) override {
    Step step;
    if (AtBoundary()) return step;
    // Buffers are far below 4 GiB.
    stream_.next_in = const_cast<uint8_t*>(in);
    stream_.avail_in = static_cast<uint32_t>(in_size);
    stream_.next_out = out;
    stream_.avail_out = static_cast<uint32_t>(out_size);
    stream_.end_of_stream = last ? 1 : 0;
    stream_.flush = NO_FLUSH;
    if (isal_deflate(&stream_) != COMP_OK) step.error = "the data cannot be compressed";
    step.consumed = in_size - stream_.avail_in;
    step.produced = out_size - stream_.avail_out;
    return step;
  }
  bool AtBoundary() const override { return stream_.internal_state.state == ZSTATE_END; }

 private:
  isal_zstream stream_;
  std::vector<uint8_t> memory_;
};

}  // namespace

std::unique_ptr<Decoder> MakeGzipEncoder(int level) {
  return std::make_unique<GzipEncoder>(level < 0 ? 0 : level > 3 ? 3 : level);
}

}  // namespace tsrun

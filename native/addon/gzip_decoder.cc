// gzip, RFC 1952, by ISA-L: on real layers about twice as fast as zlib.
#include <isa-l/igzip_lib.h>

#include "addon/decoder.h"

namespace tsrun {
namespace {

constexpr uint8_t kMagic[2] = {0x1f, 0x8b};

const char* Explain(int result) {
  switch (result) {
    case ISAL_INVALID_WRAPPER:
      return "not in the gzip format";
    case ISAL_UNSUPPORTED_METHOD:
      return "it was not compressed by deflate";
    case ISAL_INCORRECT_CHECKSUM:
      return "its checksum is wrong";
    default:
      return "the data is corrupt";
  }
}

class GzipDecoder : public Decoder {
 public:
  bool Ready() const override { return true; }
  Step Run(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool) override {
    Step step;
    while (step.produced < out_size && step.error == nullptr) {
      if (!open_ && !FindMember(in, in_size, &step)) break;
      const size_t before = step.consumed + step.produced;
      Inflate(in + step.consumed, in_size - step.consumed, out, out_size, &step);
      if (open_ && step.consumed + step.produced == before) break;
    }
    return step;
  }
  bool AtBoundary() const override { return !open_ && !first_; }

 private:
  // Takes the two bytes that begin a member. What follows the last member is ignored, as gzip(1)
  // does.
  bool FindMember(const uint8_t* in, size_t in_size, Step* step) {
    while (!garbage_ && matched_ < sizeof kMagic && step->consumed < in_size) {
      garbage_ = in[step->consumed++] != kMagic[matched_++];
    }
    if (garbage_) {
      step->consumed = in_size;
      if (first_) step->error = "not in the gzip format";
    }
    if (garbage_ || matched_ < sizeof kMagic) return false;
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
    state_.next_in = const_cast<uint8_t*>(kMagic);
    state_.avail_in = sizeof kMagic;
    state_.avail_out = 0;
    isal_inflate(&state_);
    matched_ = 0;
    first_ = false;
    open_ = true;
    return true;
  }

  void Inflate(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, Step* step) {
    // Chunks and buffers are far below 4 GiB.
    const auto avail_in = static_cast<uint32_t>(in_size);
    const auto avail_out = static_cast<uint32_t>(out_size - step->produced);
    state_.next_in = const_cast<uint8_t*>(in);
    state_.avail_in = avail_in;
    state_.next_out = out + step->produced;
    state_.avail_out = avail_out;
    const int result = isal_inflate(&state_);
    step->consumed += avail_in - state_.avail_in;
    step->produced += avail_out - state_.avail_out;
    if (result < 0) step->error = Explain(result);
    if (state_.block_state == ISAL_BLOCK_FINISH) open_ = false;
  }

  inflate_state state_ = {};
  size_t matched_ = 0;
  bool first_ = true;
  bool open_ = false;
  bool garbage_ = false;
};

}  // namespace

std::unique_ptr<Decoder> MakeGzipDecoder() { return std::make_unique<GzipDecoder>(); }

}  // namespace tsrun

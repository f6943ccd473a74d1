// Streaming decompression of one format.
#ifndef TSRUN_ADDON_DECODER_H_
#define TSRUN_ADDON_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tsrun {

struct Step {
  size_t consumed = 0;
  size_t produced = 0;
  const char* error = nullptr;
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual bool Ready() const = 0;
  // Decodes from `in` to `out`. With `last` no more input will come after this one.
  virtual Step Run(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool last) = 0;
  // True between two members, where input may end.
  virtual bool AtBoundary() const = 0;
};

std::unique_ptr<Decoder> MakeGzipDecoder();
std::unique_ptr<Decoder> MakeZstdDecoder();
std::unique_ptr<Decoder> MakeXzDecoder();
std::unique_ptr<Decoder> MakeBzip2Decoder();

}  // namespace tsrun

#endif  // TSRUN_ADDON_DECODER_H_

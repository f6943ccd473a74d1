// Streaming compression. An encoder has the shape of a decoder; it is at a boundary when the last
// input has been written out whole.
#ifndef TSRUN_ADDON_ENCODER_H_
#define TSRUN_ADDON_ENCODER_H_

#include <memory>

#include "addon/decoder.h"

namespace tsrun {

std::unique_ptr<Decoder> MakeGzipEncoder(int level);
std::unique_ptr<Decoder> MakeZstdEncoder(int level);

}  // namespace tsrun

#endif  // TSRUN_ADDON_ENCODER_H_

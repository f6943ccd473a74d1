// Reads files of an unpacked layer, for whoever writes its archive again.
//
// Requests on descriptor 0: u32 length and path (wire.h), u64 size, u32 count, count times u64
// offset and u64 length. Answers on descriptor 1, in their order: pieces, each u32 length and
// bytes; then u32 0 and i32 what became of it: 0, an errno, or kOtherSize. The first answer, of no
// request, tells how the start went.
#ifndef TSRUN_WORKBENCH_READ_H_
#define TSRUN_WORKBENCH_READ_H_

#include <cstdint>

namespace tsrun {

// It is not as long as the request says, or became shorter meanwhile.
constexpr int32_t kOtherSize = -1;

// The answer that ends a request.
void AnswerEnd(int32_t result);
// Until the requests end: 0, or an errno of the two descriptors. `root`: the layer.
int ReadFiles(int root);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_READ_H_

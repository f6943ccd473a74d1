// Answers to the process that started the workbench, on descriptor 1.
#ifndef TSRUN_WORKBENCH_REPLY_H_
#define TSRUN_WORKBENCH_REPLY_H_

#include <string_view>

#include "workbench/wire.h"

namespace tsrun {

void ReplyDone(uint64_t skipped_devices, uint64_t skipped_xattrs);
void ReplyFailure(uint8_t at, int err, std::string_view path);
inline void ReplyFailure(FailedAt at, int err, std::string_view path) {
  ReplyFailure(static_cast<uint8_t>(at), err, path);
}
void ReplyWantLower();
void ReplyPartFree(uint32_t part);
// See wire.h, kReplaced and kMoved.
void ReplyReplaced(uint32_t number, uint64_t offset, std::string_view bytes);
void ReplyMoved(uint32_t number, std::string_view path);
void ReplyDestination(uint8_t standing, std::string_view name);

// Another descriptor than 1, which is an archive's.
void ReplyOn(int fd);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_REPLY_H_

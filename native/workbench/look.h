// Says what stands in an unpacked layer, or a container's writable one: metadata of single paths,
// or of all there is. What files hold is read.h's.
//
// Requests on descriptor 0: u8 kLookOne or kLookAll, u32 length and path (wire.h), empty: the root.
// Of all below a path every directory comes before what is in it, names in the order of their
// bytes. Answers on descriptor 1, in their order: for each entry i32 kEntry, u32 length and the
// entry; then i32 0, or the errno that ended it. The first answer, of no request, tells how the
// start went.
//
//   entry  u32 mode, u32 uid, u32 gid, i64 mtime seconds, u32 mtime nanoseconds, u64 size, u32
//   major,
//          u32 minor, u64 inode, u8 opaque, u32 length and path, u32 length and symlink's target,
//          u32 count of xattrs, count times: u32 length and name, u32 length and value
#ifndef TSRUN_WORKBENCH_LOOK_H_
#define TSRUN_WORKBENCH_LOOK_H_

#include <cstdint>

namespace tsrun {

constexpr uint8_t kLookOne = 0;
constexpr uint8_t kLookAll = 1;
constexpr int32_t kEntry = -1;

// Ends an answer: 0 for a good end.
void LookEnd(int err);
// Until the requests end: 0, or an errno of the two descriptors. `root`: the tree;
// `opaque`: the attribute by which a directory hides those of lower layers.
int LookAround(int root, const char* opaque);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_LOOK_H_

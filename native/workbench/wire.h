// The bytes between src/image/layer/ and the workbench: operations in, replies out. Little endian,
// version 1. Keep in step with src/image/layer/operations.ts and replies.ts.
//
//   stream     magic "TSRL", u32 version, operations
//   operation  u8 kind, 3 zero bytes, u32 payload length, payload
//   meta       u32 mode, u32 uid, u32 gid, i64 mtime seconds, u32 mtime nanoseconds, u32 count of
//   xattrs,
//              count times: u32 length, name, u32 length, value
//   path       u32 length, bytes: relative, no empty, "." or ".." component
#ifndef TSRUN_WORKBENCH_WIRE_H_
#define TSRUN_WORKBENCH_WIRE_H_

#include <cstddef>
#include <cstdint>

namespace tsrun {

constexpr uint32_t kWireVersion = 1;
constexpr size_t kOperationHeader = 8;
// Of every operation but kData, whose payload is never held as a whole.
constexpr size_t kMaxPayload = 2 << 20;
constexpr size_t kMaxPath = 4095;
constexpr size_t kMaxName = 255;

enum class OperationKind : uint8_t {
  kDirectory = 1,  // meta, path
  kFile = 2,       // meta, u64 apparent size, path; followed by kData
  kSymlink = 3,    // meta, path, target (any bytes)
  kHardLink = 4,   // path, target (a path)
  kNode = 5,       // meta (mode with the S_IFMT bits), u32 major, u32 minor, path
  kWhiteout = 6,   // path
  kOpaque = 7,     // path, empty for the root
  kData = 8,       // u64 offset, bytes of the file opened last
  kEnd = 9,        // nothing: the archive was read to its end and its hash was right
};

// What the workbench was doing when it failed; the first nine are the operation's own numbers.
enum class FailedAt : uint8_t {
  kTarget = 32,     // making the target directory: it was not there before and is not there now
  kNamespace = 33,  // the user namespace, the id maps, the jail
  kStream = 34,     // the operation stream is damaged or ended early
  kParent = 35,     // a parent of the entry's path is no directory
  kSettle = 36,     // what depends on lower layers
  kFinish = 37,     // metadata of directories, at the end
  kRemove = 38,     // deleting a tree
  kLower = 39,      // opening a lower layer
  kXattr = 40,
  kOwner = 41,
};

// Replies on descriptor 1: u32 length of what follows, u8 kind, fields.
enum class ReplyKind : uint8_t {
  kDone = 1,       // u64 skipped devices, u64 skipped xattrs
  kFailure = 2,    // u8 FailedAt or OperationKind, i32 errno, path
  kWantLower = 3,  // answered on descriptor 3: u32 count, count times u32 length and path
};

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_WIRE_H_

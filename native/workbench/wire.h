// The bytes between src/image/layer/ and the workbench: operations in, replies out. Little endian,
// version 2. Keep in step with src/image/layer/operations.ts and replies.ts.
//
//   stream     magic "TSRL", u32 version, operations
//   operation  u8 kind, 3 zero bytes, u32 payload length, payload
//   meta       u32 mode, u32 uid, u32 gid, i64 mtime seconds, u32 mtime nanoseconds, u32 count of
//   xattrs,
//              count times: u32 length, name, u32 length, value
//   path       u32 length, bytes: relative, no empty, "." or ".." component
//
// What files hold is not in the stream: it lies in shared memory (descriptor 4, read-only), which
// operations point into. kRead tells that everything before it was the last about a part of that
// memory; the reply kPartFree gives the part back.
#ifndef TSRUN_WORKBENCH_WIRE_H_
#define TSRUN_WORKBENCH_WIRE_H_

#include <cstddef>
#include <cstdint>

namespace tsrun {

constexpr uint32_t kWireVersion = 2;
constexpr size_t kOperationHeader = 8;
constexpr size_t kMaxPayload = 2 << 20;
constexpr size_t kMaxPath = 4095;
constexpr size_t kMaxName = 255;
constexpr int kSharedMemory = 4;  // descriptor

enum class OperationKind : uint8_t {
  kDirectory = 1,  // meta, path
  kFile = 2,       // meta, u64 apparent size, path; followed by kData
  kSymlink = 3,    // meta, path, target (any bytes)
  kHardLink = 4,   // path, target (a path)
  kNode = 5,       // meta (mode with the S_IFMT bits), u32 major, u32 minor, path
  kWhiteout = 6,   // path
  kOpaque = 7,     // path, empty for the root
  kData = 8,       // u64 offset in the file opened last, u32 offset in the memory, u32 length
  kEnd = 9,        // nothing: the archive was read to its end and its hash was right
  kRead = 10,      // u32 part
};
constexpr uint8_t kLastOperation = 10;

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
  kMeasure = 42,    // looking at a tree
  kImage = 43,      // mounting the image's layers
  kImagePath = 44,  // a path in the image
  kCopy = 45,       // copying a file of the image
  kMove = 46,       // putting what was copied in its place
  // Of tsrun-init files.
  kView = 60,           // what is to be read or written could not be had
  kSource = 61,         // nothing there to be read
  kOfKernel = 62,       // it is procfs or its like
  kDestination = 63,    // nowhere to put it
  kRead = 64,           // a file of the tree
  kOutput = 65,         // writing the archive
  kOverDirectory = 66,  // something else would replace a directory
  kOverFile = 67,       // a directory would replace something else
};

// Replies on descriptor 1: u32 length of what follows, u8 kind, fields.
enum class ReplyKind : uint8_t {
  kDone = 1,         // u64 skipped devices, u64 skipped xattrs
  kFailure = 2,      // u8 FailedAt or OperationKind, i32 errno, path
  kWantLower = 3,    // answered on descriptor 3: u32 count, count times u32 length and path
  kPartFree = 4,     // u32 part
  kDestination = 5,  // u8 Standing (files/destination.h), name
  // Of the files with contents of the archive, each known by its number, 0 the first kFile:
  kReplaced =
      6,       // u32 number, u64 offset, bytes: it was removed, and held this; once without bytes
  kMoved = 7,  // u32 number, path: it is not where its operation said, but there
};

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_WIRE_H_

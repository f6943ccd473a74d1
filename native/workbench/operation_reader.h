// Reads the operation stream: every length is checked before it is believed.
#ifndef TSRUN_WORKBENCH_OPERATION_READER_H_
#define TSRUN_WORKBENCH_OPERATION_READER_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workbench/wire.h"

namespace tsrun {

struct Metadata {
  uint32_t mode = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  int64_t mtime_seconds = 0;
  uint32_t mtime_nanoseconds = 0;
  std::vector<std::pair<std::string, std::string>> xattrs;
};

// The fields of one operation; which are set depends on the kind (wire.h).
struct Operation {
  OperationKind kind;
  Metadata meta;
  std::string path;
  std::string target;
  uint64_t size = 0;
  uint32_t major = 0;
  uint32_t minor = 0;
  uint64_t offset = 0;  // in the file
  uint32_t from = 0;    // in the shared memory
  uint32_t length = 0;
  uint32_t part = 0;
};

class OperationReader {
 public:
  explicit OperationReader(int fd);

  // Reads the stream's magic and version. 0 or an errno; EPROTO for damaged bytes, EPIPE for an
  // early end.
  int Start();
  int Next(Operation* operation);

 private:
  int Fill(size_t wanted);
  int Decode(std::string_view payload, Operation* operation);

  int fd_;
  std::unique_ptr<char[]> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

// True for a path as wire.h promises it; the empty path is the root.
bool IsPlainPath(std::string_view path);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_OPERATION_READER_H_

// Where a copy goes: a path of the caller's becomes a directory that is held from then on.
#ifndef TSRUN_FILES_DESTINATION_H_
#define TSRUN_FILES_DESTINATION_H_

#include <cstdint>
#include <string>

#include "sys/fd.h"

namespace tsrun {

enum class Standing : uint8_t {
  kDirectory = 1,  // there, and `anchor` is it
  kOther = 2,      // there and no directory; `anchor` holds it as `name`
  kMissing = 3,    // not there; `anchor` could hold it as `name`
};

struct Destination {
  Standing standing = Standing::kMissing;
  Fd anchor;
  std::string name;
  bool is_root = false;
};

// `root`: everything is resolved inside it; -1: as the caller sees it. Symbolic links are followed,
// the last one too. 0 or an errno: ENOENT when the directory that should hold it is missing.
int FindDestination(int root, const std::string& path, Destination* destination);

// Opens a path that is resolved inside `root`, or as the caller sees it.
Fd OpenBelow(int root, const std::string& path, uint64_t flags);

}  // namespace tsrun

#endif  // TSRUN_FILES_DESTINATION_H_

// Copies what an image has at a mount point into a volume that is empty.
#ifndef TSRUN_WORKBENCH_FILL_H_
#define TSRUN_WORKBENCH_FILL_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "workbench/mapping.h"

namespace tsrun {

struct FillJob {
  pid_t parent;
  Mapping mapping;
  std::string volume;               // its directory
  std::string source;               // path in the image
  std::vector<std::string> layers;  // topmost first; none: only what an earlier run left is done
};

// The exit status.
int Fill(const FillJob& job);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_FILL_H_

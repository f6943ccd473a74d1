// An opaque mark on the root itself, which overlayfs does not know.
#ifndef TSRUN_WORKBENCH_ROOT_OPAQUE_H_
#define TSRUN_WORKBENCH_ROOT_OPAQUE_H_

#include <string>
#include <vector>

#include "sys/fd.h"
#include "workbench/tree.h"

namespace tsrun {

// Hides every name the lower layers show in their roots: by a whiteout, or an opaque mark where
// this layer has a directory.
int HideLowerRoot(Tree* tree, const std::vector<Fd>& lower, std::string* failed);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_ROOT_OPAQUE_H_

// Copies a tree of an image to an empty directory, with everything that can be kept of it.
#ifndef TSRUN_WORKBENCH_COPY_TREE_H_
#define TSRUN_WORKBENCH_COPY_TREE_H_

#include <string>

#include "workbench/metadata.h"

namespace tsrun {

// Copies what is in `from` to `to`, two directories that nobody else changes: contents with their
// holes, owners, modes, times, extended attributes, hard links; the metadata of `from` itself too.
// 0 or an errno; `failed` gets the path it was about.
int CopyTree(int from, int to, Skipped* skipped, std::string* failed);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_COPY_TREE_H_

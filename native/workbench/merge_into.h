// Moves what lies in one directory of the layer into another one.
#ifndef TSRUN_WORKBENCH_MERGE_INTO_H_
#define TSRUN_WORKBENCH_MERGE_INTO_H_

#include <string>

#include "workbench/tree.h"

namespace tsrun {

// Moves every child of the directory `from` to `to`, both canonical and known, and removes `from`.
// Directories merge; otherwise the one that moves wins over the one that is there. 0 or an errno.
int MergeInto(Tree* tree, const std::string& from, const std::string& to);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_MERGE_INTO_H_

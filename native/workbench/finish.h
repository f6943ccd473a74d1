// The last step of a layer: directories get their own metadata, when nothing more is made below
// them.
#ifndef TSRUN_WORKBENCH_FINISH_H_
#define TSRUN_WORKBENCH_FINISH_H_

#include "workbench/tree.h"

namespace tsrun {

// Replies itself on failure. 0 or 1.
int Finish(Tree* tree, Skipped* skipped);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_FINISH_H_

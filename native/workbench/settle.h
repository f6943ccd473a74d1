// What depends on lower layers: implied parents, hard links across layers, whiteouts of what never
// was.
#ifndef TSRUN_WORKBENCH_SETTLE_H_
#define TSRUN_WORKBENCH_SETTLE_H_

#include "workbench/tree.h"

namespace tsrun {

// Asks for the lower layers only when something depends on them. Replies itself on failure. 0 or 1.
int Settle(Tree* tree, int door, Skipped* skipped);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_SETTLE_H_

// Hard links within the layer, and places held for those into lower layers.
#ifndef TSRUN_WORKBENCH_HARD_LINK_H_
#define TSRUN_WORKBENCH_HARD_LINK_H_

#include <string>

#include "workbench/tree.h"

namespace tsrun {

// Links `place` to the file at `target`. One that is in a lower layer, which may not be there yet,
// leaves a placeholder that SettleLinks() resolves. 0 or an errno.
int LinkOrHold(Tree* tree, const Place& place, const std::string& target);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_HARD_LINK_H_

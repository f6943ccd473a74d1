// Hard links whose target is in a lower layer.
#ifndef TSRUN_WORKBENCH_PENDING_LINKS_H_
#define TSRUN_WORKBENCH_PENDING_LINKS_H_

#include "workbench/merged_view.h"

namespace tsrun {

// Copies each target up and links it to where the placeholders stand. `failed` gets the link's
// path.
int SettleLinks(Tree* tree, MergedView* view, Skipped* skipped, std::string* failed);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_PENDING_LINKS_H_

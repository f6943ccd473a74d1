// Copies one file of a lower layer into this one, as overlayfs does before it is written to.
#ifndef TSRUN_WORKBENCH_COPY_UP_H_
#define TSRUN_WORKBENCH_COPY_UP_H_

#include "workbench/metadata.h"

namespace tsrun {

// Copies `from_name` in `from` to the new name `to_name` in `to`: content with its holes, and all
// metadata. Anything but a directory. 0 or an errno.
int CopyUp(int from, const char* from_name, int to, const char* to_name, Skipped* skipped);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_COPY_UP_H_

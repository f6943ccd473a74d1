// Carries out the operation stream below the root it is confined to.
#ifndef TSRUN_WORKBENCH_APPLY_H_
#define TSRUN_WORKBENCH_APPLY_H_

namespace tsrun {

// Reads operations from descriptor 0 until kEnd, then settles and finishes the layer and replies.
// `root` is the layer's directory, `door` the socket to the process that opens lower layers.
// Returns the exit status.
int ApplyMain(int root, int door, const char* opaque_name);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_APPLY_H_

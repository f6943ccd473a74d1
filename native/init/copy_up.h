// Copies what an image has at a mount point into the filesystem that is about to cover it.
#ifndef TSRUN_INIT_COPY_UP_H_
#define TSRUN_INIT_COPY_UP_H_

namespace tsrun {

// Copies the tree at `from` into `to`, two directory descriptors: files, directories, links, modes,
// owners and times. Returns 0 or an errno. Depth is bounded; no allocation.
int CopyUp(int from, int to);

}  // namespace tsrun

#endif  // TSRUN_INIT_COPY_UP_H_

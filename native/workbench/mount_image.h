// An image's merged files, for reading, in a mount namespace that nobody else sees.
#ifndef TSRUN_WORKBENCH_MOUNT_IMAGE_H_
#define TSRUN_WORKBENCH_MOUNT_IMAGE_H_

#include <string>
#include <vector>

#include "sys/fd.h"

namespace tsrun {

// Leaves the mount namespace and mounts the layers (topmost first) over the directory `at`, of
// which a descriptor that was opened before still shows what is below. `root` gets an O_PATH
// descriptor of the image's root. 0 or an errno; `failed` gets the path it was about.
int MountImage(const std::string& at, const std::vector<std::string>& layers, bool userxattr,
               Fd* root, std::string* failed);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_MOUNT_IMAGE_H_

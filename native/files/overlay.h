// An overlay that is seen by this process alone.
#ifndef TSRUN_FILES_OVERLAY_H_
#define TSRUN_FILES_OVERLAY_H_

#include <string>
#include <vector>

#include "files/handle.h"
#include "sys/fd.h"

namespace tsrun {

struct OverlayDirectories {
  std::vector<std::string> lower;  // topmost first
  std::string upper;               // empty: nobody writes
  std::string work;
  bool userxattr = false;
};

// In a mount namespace of its own. 0 or an errno.
int MountOverlay(const OverlayDirectories& from, const Handles& handles, Fd* mount);

}  // namespace tsrun

#endif  // TSRUN_FILES_OVERLAY_H_

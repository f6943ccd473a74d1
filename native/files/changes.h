// What a container's writable layer changes of the layers below it: overlayfs' marks put into
// words.
#ifndef TSRUN_FILES_CHANGES_H_
#define TSRUN_FILES_CHANGES_H_

#include <set>
#include <string>
#include <vector>

#include "files/handle.h"

namespace tsrun {

struct Change {
  char kind;         // 'A', 'C' or 'D', as docker diff has them
  std::string path;  // relative to the root
};

// Every directory before what is in it, names in the order of their bytes. A directory is changed
// when something in it is, or when its own mode, owner, time or attributes are others.
//
// `ignored`: paths that the runtime made to mount on; they do not count as long as they are empty.
// 0, or an errno with the path it is about.
int FindChanges(const Handles& handles, int upper, int lower, bool userxattr,
                const std::set<std::string>& ignored, std::vector<Change>* changes,
                std::string* failed);

}  // namespace tsrun

#endif  // TSRUN_FILES_CHANGES_H_

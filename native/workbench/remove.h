// Deletes a tree of any depth, owner and mode; follows no symlink and enters no mount.
#ifndef TSRUN_WORKBENCH_REMOVE_H_
#define TSRUN_WORKBENCH_REMOVE_H_

#include <string>

namespace tsrun {

// Removes the directory `name` in `parent` and all below it. 0 or an errno; EXDEV: something is
// mounted inside. `failed`, if given, gets the name of what could not be removed.
int RemoveBelow(int parent, const char* name, std::string* failed);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_REMOVE_H_

// From an ordinary child process to one that can reach nothing but one directory.
#ifndef TSRUN_WORKBENCH_JAIL_H_
#define TSRUN_WORKBENCH_JAIL_H_

#include <sys/types.h>

#include "workbench/mapping.h"

namespace tsrun {

// Dies with `parent` from here on; umask, limits, signals and descriptors as the work needs them.
// False when the parent is gone already.
//
// `unused`: the first descriptor that is closed, with all above it.
bool Prepare(pid_t parent, int unused);

// Enters the user namespace (maps by the door) as its root. Nothing where there is none. 0 or an
// errno.
int EnterNamespace(const Mapping& mapping, int door);

// Confines the process to `root` and drops what it does not need. 0 or an errno.
int EnterJail(int root, pid_t parent);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_JAIL_H_

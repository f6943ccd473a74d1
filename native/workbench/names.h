// The names in a directory.
#ifndef TSRUN_WORKBENCH_NAMES_H_
#define TSRUN_WORKBENCH_NAMES_H_

#include <string>
#include <vector>

namespace tsrun {

// Reads all names but "." and ".." of an open directory. 0 or an errno.
int NamesIn(int fd, std::vector<std::string>* names);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_NAMES_H_

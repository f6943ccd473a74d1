// What a file of the archive held, when a later entry of the same layer removes it: the archive
// cannot be written again without it.
#ifndef TSRUN_WORKBENCH_REPLACED_H_
#define TSRUN_WORKBENCH_REPLACED_H_

#include <cstdint>
#include <string>

namespace tsrun {

// Sends the data of the file at `path`, without its holes. 0 or an errno.
int GiveReplaced(int root, const std::string& path, uint32_t number);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_REPLACED_H_

// What a tree holds: the lengths of its files, each counted once however many names it has.
#ifndef TSRUN_WORKBENCH_MEASURE_H_
#define TSRUN_WORKBENCH_MEASURE_H_

#include <cstdint>
#include <string>

namespace tsrun {

// Of the directory `name` in `parent` and all below it on the same mount; follows no symlink.
// 0 or an errno; `failed` gets the name of what could not be looked at.
int MeasureBelow(int parent, const char* name, uint64_t* bytes, std::string* failed);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_MEASURE_H_

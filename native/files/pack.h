// A tree as an archive.
#ifndef TSRUN_FILES_PACK_H_
#define TSRUN_FILES_PACK_H_

#include <string>

#include "files/handle.h"
#include "files/tar_writer.h"

namespace tsrun {

// Writes what `handle` holds, a directory with all that is below it, under the name `name`; with an
// empty name only what is below it. What vanishes meanwhile is left out. 0, or an errno with the
// path it is about, relative to `handle`.
int Pack(const Handles& handles, int handle, const std::string& name, TarWriter* tar,
         uint64_t* left_out, std::string* failed);

// Whether it lies in a filesystem that the kernel makes up: procfs and its like.
bool IsOfKernel(int handle);

}  // namespace tsrun

#endif  // TSRUN_FILES_PACK_H_

// tsrun-init files: copies out of a container and into it, compares it with its image.
#ifndef TSRUN_FILES_FILES_H_
#define TSRUN_FILES_FILES_H_

namespace tsrun {

// files JOB PARENT-PID MAPPING VIEW... -- ARGUMENTS
//
//   pack   PATH NAME last-link|target   the tree at PATH as an archive on descriptor 1
//   place  PATH refuse|follow           operations on descriptor 0, as of the workbench; its first
//                                       reply says what stands at PATH
//   diff   IGNORED...                   changes on descriptor 1: a letter, the path, a NUL
//   layer  IGNORED...                   the same changes as the archive of a layer
//
// Replies (workbench/wire.h) on descriptor 1 for place, on descriptor 4 for the others.
int FilesMain(int argc, char** argv);

}  // namespace tsrun

#endif  // TSRUN_FILES_FILES_H_

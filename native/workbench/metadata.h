// Owner, extended attributes, mode and times of one inode, in the one order that works.
#ifndef TSRUN_WORKBENCH_METADATA_H_
#define TSRUN_WORKBENCH_METADATA_H_

#include "workbench/operation_reader.h"

namespace tsrun {

// What could not be had here and was left out; reported once at the end.
struct Skipped {
  uint64_t devices = 0;
  uint64_t xattrs = 0;
};

// Why metadata could not be set: 0, or an errno and what it was about.
struct MetadataResult {
  int err = 0;
  FailedAt at = FailedAt::kFinish;
};

// For an open regular file or directory. `created_mode` is the mode it has now, or -1 when unknown.
MetadataResult SetMetadata(int fd, const Metadata& meta, int created_mode, Skipped* skipped);

// For anything that cannot be opened for this (symlink, device, FIFO): `name` in the directory
// `parent`. Not followed.
MetadataResult SetMetadataAt(int parent, const char* name, const Metadata& meta, bool is_symlink,
                             Skipped* skipped);

// Reads everything SetMetadata sets, without the attributes overlayfs keeps for itself.
int ReadMetadata(int fd, Metadata* meta);
// The same for what cannot be opened; changes the working directory to `parent`.
int ReadMetadataAt(int parent, const char* name, Metadata* meta);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_METADATA_H_

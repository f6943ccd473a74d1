// One inode held by an O_PATH descriptor: what is done to it cannot hit another that took its name.
//
// Files that a running container can rename, replace by links and mount over are looked up once and
// then reached through /proc/self/fd of the host, opened before any namespace was joined: never
// through the procfs that a container has mounted.
#ifndef TSRUN_FILES_HANDLE_H_
#define TSRUN_FILES_HANDLE_H_

#include <sys/stat.h>

#include <string>

#include "sys/fd.h"
#include "workbench/metadata.h"

namespace tsrun {

class Handles {
 public:
  // Opens the host's /proc/self/fd. False: errno says why.
  bool Open();
  int directory() const { return directory_.get(); }

  // The same inode with another mode of access. Not for what acts when it is opened: look first.
  Fd Reopen(int handle, int flags) const;
  // 0 or an errno. Overlay's own attributes are left out.
  int ReadXattrs(int handle, Metadata* meta) const;
  // Owner, attributes, mode and time of anything; times and modes of a symlink as far as it has
  // them.
  MetadataResult SetMetadata(int handle, const struct stat& st, const Metadata& meta,
                             Skipped* skipped) const;

 private:
  Fd directory_;
};

// `name` in the directory `parent`, not followed; one component. Invalid: errno says why.
Fd HandleOf(int parent, const char* name);

// Fields that stat(2) knows.
void TakeStat(const struct stat& st, Metadata* meta);

}  // namespace tsrun

#endif  // TSRUN_FILES_HANDLE_H_

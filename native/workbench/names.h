// What is in a directory.
#ifndef TSRUN_WORKBENCH_NAMES_H_
#define TSRUN_WORKBENCH_NAMES_H_

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace tsrun {

// A directory by one name, as its parent listed it a moment ago: it may be a link by now, or a
// mount. A single name cannot climb, so RESOLVE_BENEATH would add nothing.
Fd OpenListed(int parent, const char* name);

// Calls `visit` with each entry but "." and ".." of an open directory, from the first on. What it
// gives is 0 or an errno that ends the reading. 0 or an errno.
template <class Visit>
int EachEntry(int fd, Visit visit) {
  alignas(dirent64) char entries[32768];
  if (lseek(fd, 0, SEEK_SET) < 0) return errno;
  for (;;) {
    const long got = syscall(SYS_getdents64, fd, entries, sizeof entries);
    if (got < 0) return errno;
    if (got == 0) return 0;
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      if (const int err = visit(*entry)) return err;
    }
  }
}

// Reads all names but "." and ".." of an open directory. 0 or an errno.
int NamesIn(int fd, std::vector<std::string>* names);

}  // namespace tsrun

#endif  // TSRUN_WORKBENCH_NAMES_H_

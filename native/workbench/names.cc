#include "workbench/names.h"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tsrun {

int NamesIn(int fd, std::vector<std::string>* names) {
  alignas(dirent64) char entries[32768];
  if (lseek(fd, 0, SEEK_SET) < 0) return errno;
  for (;;) {
    const long got = syscall(SYS_getdents64, fd, entries, sizeof entries);
    if (got < 0) return errno;
    if (got == 0) return 0;
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
        names->emplace_back(entry->d_name);
      }
    }
  }
}

}  // namespace tsrun

#include "workbench/names.h"

#include <fcntl.h>

#include "sys/syscalls.h"

namespace tsrun {

Fd OpenListed(int parent, const char* name) {
  return Fd(sys::Openat2(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK, 0,
                         RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS));
}

int NamesIn(int fd, std::vector<std::string>* names) {
  return EachEntry(fd, [names](const dirent64& entry) {
    names->emplace_back(entry.d_name);
    return 0;
  });
}

}  // namespace tsrun

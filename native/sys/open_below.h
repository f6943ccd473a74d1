// A part of a tree whose contents nobody vouches for: the processes of a container may put links
// into a volume and swap them at any moment. async-signal-safe.
#ifndef TSRUN_SYS_OPEN_BELOW_H_
#define TSRUN_SYS_OPEN_BELOW_H_

#include <fcntl.h>

#include <cerrno>

#include "sys/fd.h"
#include "sys/syscalls.h"

namespace tsrun {

// Links are followed with `root` as their "/". Gives what openat2(2) does.
inline int OpenInRoot(int root, const char* path, uint64_t flags, uint64_t mode = 0) {
  // EAGAIN: a rename raced with "..", openat2(2) asks to try again.
  for (int tries = 0; tries < 64; ++tries) {
    const int fd =
        sys::Openat2(root, path, flags | O_CLOEXEC, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return fd;
  }
  return -1;
}

// open_tree(2) of `source`, or of what is at `subpath` in it; "" is all of it.
inline int OpenTreeBelow(const char* source, const char* subpath, unsigned flags) {
  if (subpath[0] == 0) return sys::OpenTree(AT_FDCWD, source, flags);
  const Fd root(open(source, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return -1;
  const Fd part(OpenInRoot(root.get(), subpath, O_PATH));
  return part.valid() ? sys::OpenTree(part.get(), "", flags | AT_EMPTY_PATH) : -1;
}

}  // namespace tsrun

#endif  // TSRUN_SYS_OPEN_BELOW_H_

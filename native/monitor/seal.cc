// A program image that nobody can write: a memfd with seals. Root gets a read-only mount view from
// the addon instead, which costs no copy; an ordinary user may not make one outside a namespace of
// its own, but needs none when the program is root's.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "monitor/monitor.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

constexpr unsigned kExecutable = 0x0010;  // MFD_EXEC of linux/memfd.h

// An ordinary user's container consists of the user and their subordinate ids: root of the machine
// is not among them, and no capability of its namespace reaches a file of an id that is not mapped
// into it (capable_wrt_inode_uidgid). An access control list that lets somebody write shows in the
// bits of the group, acl(5).
bool NobodyInsideMayWrite(const struct stat& st) {
  return st.st_uid == 0 && getuid() != 0 && geteuid() != 0 &&
         (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

}  // namespace

int ExecuteSealed(char** argv) {
  Fd self(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!self.valid()) return errno;
  const int seals = fcntl(self.get(), F_GET_SEALS);
  if (seals >= 0 && (seals & F_SEAL_WRITE) != 0) return 0;
  struct stat st = {};
  if (fstat(self.get(), &st) != 0) return errno;
  if (NobodyInsideMayWrite(st)) return 0;
  // Linux 6.3 wants to be told that it is for executing (vm.memfd_noexec); older kernels do not
  // know the flag.
  Fd copy(memfd_create("tsrun-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | kExecutable));
  if (!copy.valid() && errno == EINVAL)
    copy = Fd(memfd_create("tsrun-init", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!copy.valid()) return errno;
  off_t left = st.st_size;
  while (left > 0) {
    const ssize_t sent = sendfile(copy.get(), self.get(), nullptr, static_cast<size_t>(left));
    if (sent <= 0) return sent < 0 ? errno : EIO;
    left -= sent;
  }
  if (fcntl(copy.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
    return errno;
  char original[kMaxOriginal];
  char* env[] = {nullptr, nullptr};
  if (NameOriginal(st, original, sizeof original)) env[0] = original;
  sys::ExecveAt(copy.get(), "", argv, env, AT_EMPTY_PATH);
  return errno;
}

}  // namespace tsrun

#include "resolve/confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>

#include "sys/confine.h"

namespace tsrun {

constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;
const int kReadNames = kReadFlags;

namespace {

// A file for each question that a server is asked, and for each connection.
constexpr rlim_t kFiles = 1024;

constexpr unsigned kAllowed[] = {SYS_recvfrom,   SYS_sendto,     SYS_connect,   SYS_accept4,
                                 SYS_setsockopt, SYS_getsockopt, SYS_read,      SYS_write,
                                 SYS_close,      SYS_epoll_ctl,  SYS_getrandom, SYS_clock_gettime,
#ifdef SYS_epoll_wait
                                 SYS_epoll_wait,
#endif
                                 SYS_epoll_pwait};

constexpr ArgumentRule kRules[] = {{SYS_socket, 0, AF_INET},
                                   {SYS_socket, 0, AF_INET6},
                                   {SYS_openat, 2, static_cast<uint32_t>(kReadFlags)}};

bool DropCapabilities() {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  const struct __user_cap_data_struct none[2] = {};
  return syscall(SYS_capset, &header, none) == 0;
}

}  // namespace

int ConfineResolver(int directory) {
  struct rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max < kFiles ? files.rlim_max : kFiles;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  const bool is_root = geteuid() == 0;
  // An ordinary user may change his root in a user namespace alone.
  if (!is_root && unshare(CLONE_NEWUSER) != 0) return errno;
  if (fchdir(directory) != 0 || chroot(".") != 0) return errno;
  if (is_root ? !BecomeNobody() : !DropCapabilities()) return errno;
  return Filter(kAllowed, std::size(kAllowed), kRules, std::size(kRules)) ? 0 : errno;
}

}  // namespace tsrun

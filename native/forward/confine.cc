#include "forward/confine.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <iterator>

#include "sys/confine.h"

namespace tsrun {
namespace {

constexpr unsigned kAllowed[] = {SYS_accept4, SYS_connect, SYS_setsockopt, SYS_getsockopt,
                                 SYS_shutdown, SYS_splice, SYS_pipe2, SYS_fcntl, SYS_read,
                                 SYS_recvfrom, SYS_sendto,
                                 // Where the vDSO has none.
                                 SYS_clock_gettime, SYS_close, SYS_epoll_ctl, SYS_epoll_pwait,
#ifdef SYS_epoll_wait
                                 SYS_epoll_wait
#endif
};

constexpr ArgumentRule kRules[] = {{SYS_socket, 0, AF_INET}, {SYS_socket, 0, AF_INET6}};

}  // namespace

bool ConfineForwarder() {
  struct rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  const pid_t monitor = getppid();
  if (!BecomeNobody()) return false;
  // After the ids: changing them takes the death signal away. The monitor may have died before.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != monitor || monitor == 1) return false;
  return Filter(kAllowed, std::size(kAllowed), kRules, std::size(kRules));
}

}  // namespace tsrun

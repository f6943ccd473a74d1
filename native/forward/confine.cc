#include "forward/confine.h"

#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <iterator>

namespace tsrun {
namespace {

constexpr uid_t kNobody = 65534;

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the forwarder's filter does not know this architecture"
#endif

constexpr unsigned kAllowed[] = {
    SYS_accept4, SYS_connect, SYS_setsockopt, SYS_getsockopt, SYS_shutdown, SYS_splice, SYS_pipe2,
    SYS_fcntl, SYS_read, SYS_recvfrom, SYS_sendto,
    // Where the vDSO has none.
    SYS_clock_gettime, SYS_close, SYS_epoll_ctl, SYS_epoll_pwait,
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
    // malloc(3)
    SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex, SYS_exit_group};

constexpr size_t kHead = 3, kSocket = 6;

bool InstallFilter() {
  struct sock_filter filter[kHead + kSocket + 2 * std::size(kAllowed) + 1];
  size_t at = 0;
  auto add = [&filter, &at](uint16_t code, uint8_t yes, uint8_t no, uint32_t k) {
    filter[at++] = {code, yes, no, k};
  };
  constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS, kEqual = BPF_JMP | BPF_JEQ | BPF_K;
  constexpr uint16_t kReturn = BPF_RET | BPF_K;
  add(kLoad, 0, 0, offsetof(struct seccomp_data, arch));
  add(kEqual, 1, 0, kArchitecture);
  add(kReturn, 0, 0, SECCOMP_RET_KILL_PROCESS);
  add(kLoad, 0, 0, offsetof(struct seccomp_data, nr));
  add(kEqual, 0, 4, SYS_socket);
  // The first argument, its low half: the family.
  add(kLoad, 0, 0, offsetof(struct seccomp_data, args));
  add(kEqual, 1, 0, AF_INET);
  add(kEqual, 0, 1 + 2 * std::size(kAllowed), AF_INET6);
  add(kReturn, 0, 0, SECCOMP_RET_ALLOW);
  for (const unsigned number : kAllowed) {
    add(kEqual, 0, 1, number);
    add(kReturn, 0, 0, SECCOMP_RET_ALLOW);
  }
  add(kReturn, 0, 0, SECCOMP_RET_KILL_PROCESS);
  struct sock_fprog program = {static_cast<unsigned short>(at), filter};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

bool Confine() {
  struct rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  const pid_t monitor = getppid();
  if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
      setresuid(kNobody, kNobody, kNobody) != 0) {
    return false;
  }
  // After the ids: changing them takes the death signal away. The monitor may have died before.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != monitor || monitor == 1) return false;
  prctl(PR_SET_DUMPABLE, 0);
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && InstallFilter();
}

}  // namespace tsrun

#include "workbench/jail.h"

#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sys/syscalls.h"
#include "workbench/door.h"

namespace tsrun {
namespace {

bool DieWith(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return getppid() == parent;
}

int KeepCapabilities() {
  // SYS_ADMIN is for trusted.* attributes. The rest is what writing files of any owner takes.
  const unsigned kept[] = {CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,
                           CAP_FSETID, CAP_MKNOD,        CAP_SETFCAP,         CAP_SYS_ADMIN};
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct now[2] = {};
  if (syscall(SYS_capget, &header, now) != 0) return errno;
  uint32_t mask[2] = {};
  for (const unsigned capability : kept) mask[capability / 32] |= 1u << (capability % 32);
  for (int i = 0; i < 2; ++i) {
    now[i].permitted &= mask[i];
    now[i].effective = now[i].permitted;
    now[i].inheritable = 0;
  }
  return syscall(SYS_capset, &header, now) == 0 ? 0 : errno;
}

}  // namespace

bool Prepare(pid_t parent, int unused) {
  if (!DieWith(parent)) return false;
  prctl(PR_SET_NAME, "tsrun:workbench");
  umask(0);
  sys::CloseRange(static_cast<unsigned>(unused), ~0u, 0);
  // Ctrl-C reaches the whole foreground group; it is the parent that decides what becomes of the
  // work.
  for (const int ignored : {SIGINT, SIGQUIT, SIGHUP, SIGXFSZ, SIGPIPE}) signal(ignored, SIG_IGN);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &files);
  }
#if !defined(__SANITIZE_ADDRESS__)
  const rlimit memory = {2ull << 30, 2ull << 30};
  setrlimit(RLIMIT_DATA, &memory);
#endif
  return chdir("/") == 0;
}

int EnterNamespace(const Mapping& mapping, int door) {
  if (mapping.host) return 0;
  if (unshare(CLONE_NEWUSER) != 0) return errno;
  if (const int err = AskForMaps(door)) return err;
  // With a single id setgroups is denied, and nothing is lost: no group of ours is mapped.
  if (setgroups(0, nullptr) != 0 && mapping.writer != IdMapWriter::kSingle) return errno;
  return setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0 ? 0 : errno;
}

int EnterJail(int root, pid_t parent) {
  // No mount namespace: nothing is mounted here, and a directory's descriptor needs none.
  if (fchdir(root) != 0 || chroot(".") != 0) return errno;
  if (const int err = KeepCapabilities()) return err;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  // The kernel forgets the death signal with every change of credentials, prctl(2).
  return DieWith(parent) ? 0 : ESRCH;
}

}  // namespace tsrun

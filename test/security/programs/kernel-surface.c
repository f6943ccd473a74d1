// Makes the system calls that the default filter refuses, each so that it would do nothing if it were let through, and
// prints its name and errno, 0 for success.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void Report(const char *name, long result) { printf("%s %d\n", name, result < 0 ? errno : 0); }

#define CALL(name, ...) Report(#name, syscall(SYS_##name, ##__VA_ARGS__))

// A child that ends at once, if there is one.
static void CloneWith(const char *name, unsigned long flags) {
  long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(0);
  Report(name, child);
  if (child > 0) waitpid(child, NULL, 0);
}

#ifdef __x86_64__
// The same calls by another door: the filter has to know every architecture that the kernel takes calls of.
static long OldCall(long number, long argument) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(argument) : "memory", "r8", "r9", "r10", "r11");
  if (result >= 0) return result;
  errno = -result;
  return -1;
}
#endif

int main(void) {
  CloneWith("clone-user", CLONE_NEWUSER);
  CloneWith("clone-mount", CLONE_NEWNS);
  CloneWith("clone-net", CLONE_NEWNET);
  Report("unshare-user", syscall(SYS_unshare, CLONE_NEWUSER));
  Report("unshare-mount", syscall(SYS_unshare, CLONE_NEWNS));
  Report("unshare-cgroup", syscall(SYS_unshare, CLONE_NEWCGROUP));
  CALL(clone3, NULL, 0);
  CALL(setns, -1, 0);
  CALL(mount, "none", "/nothing", "tmpfs", 0, NULL);
  CALL(umount2, "/nothing", MNT_DETACH);
  CALL(pivot_root, "/nothing", "/nothing");
  CALL(fsopen, "tmpfs", 0);
  CALL(fsconfig, -1, 0, 0, 0, 0);
  CALL(fsmount, -1, 0, 0);
  CALL(fspick, -100, "/nothing", 0);
  CALL(open_tree, -100, "/", 0);
  CALL(move_mount, -1, "", -1, "", 0);
  CALL(mount_setattr, -1, "", 0, NULL, 0);
  CALL(keyctl, 0, 0, 0, 0, 0);
  CALL(add_key, "user", "x", "y", 1, -2);
  CALL(request_key, "user", "x", NULL, 0);
  CALL(bpf, 0, NULL, 0);
  CALL(userfaultfd, 0);
  CALL(io_uring_setup, 1, NULL);
  CALL(io_uring_enter, -1, 0, 0, 0, NULL);
  CALL(io_uring_register, -1, 0, NULL, 0);
  CALL(perf_event_open, NULL, 0, -1, -1, 0);
  CALL(open_by_handle_at, -1, NULL, 0);
  CALL(kexec_load, 0, 0, NULL, 0);
#ifdef SYS_kexec_file_load
  CALL(kexec_file_load, -1, -1, 0, NULL, 0);
#endif
  CALL(init_module, NULL, 0, "");
  CALL(finit_module, -1, "", 0);
  CALL(delete_module, "", 0);
  CALL(reboot, 0, 0, 0, NULL);
  CALL(swapon, "/nothing", 0);
  CALL(swapoff, "/nothing");
  CALL(acct, "/nothing");
  CALL(quotactl, 0, NULL, 0, NULL);
  CALL(syslog, 10, NULL, 0);
  CALL(settimeofday, NULL, NULL);
  CALL(clock_settime, 0, NULL);
  CALL(sethostname, "x", 1);
  CALL(setdomainname, "x", 1);
  CALL(vhangup);
  CALL(kcmp, 1, 1, 0, 0, 0);
  CALL(lookup_dcookie, 0, NULL, 0);
  CALL(nfsservctl, 0, NULL, NULL);
  CALL(fanotify_init, 0, 0);
  CALL(move_pages, 0, 0, NULL, NULL, NULL, 0);
  CALL(mbind, NULL, 0, 0, NULL, 0, 0);
  CALL(set_mempolicy, 0, NULL, 0);
  Report("personality-read-implies-exec", syscall(SYS_personality, 0x0400000));
  Report("socket-vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
#ifdef __x86_64__
  CALL(iopl, 3);
  CALL(ioperm, 0, 1, 1);
  CALL(uselib, "/nothing");
  CALL(ustat, 0, NULL);
  CALL(_sysctl, NULL);
  Report("i386-unshare-user", OldCall(310, CLONE_NEWUSER));
  Report("i386-mount", OldCall(21, 0));
  Report("x32-unshare-user", syscall(0x40000000 | SYS_unshare, CLONE_NEWUSER));
#endif
  return 0;
}

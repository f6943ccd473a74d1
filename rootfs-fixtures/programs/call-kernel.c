// Makes system calls that a container should not be able to make and prints the errno of each, 0 for success. Arguments
// are such that a call that is let through does nothing: EPERM and ENOSYS are the filter, anything else is the kernel.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static void Report(const char *name, long result) { printf("%s %d\n", name, result < 0 ? errno : 0); }

int main(void) {
  Report("unshare-user", syscall(SYS_unshare, CLONE_NEWUSER));
  Report("unshare-mount", syscall(SYS_unshare, CLONE_NEWNS));
  Report("clone3", syscall(SYS_clone3, NULL, 0));
  Report("mount", mount("none", "/nothing", "tmpfs", 0, NULL));
  Report("umount", umount2("/nothing", MNT_DETACH));
  Report("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
  Report("open_tree", syscall(SYS_open_tree, -100, "/", 0));
  Report("keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
  Report("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -2));
  Report("bpf", syscall(SYS_bpf, 0, NULL, 0));
  Report("userfaultfd", syscall(SYS_userfaultfd, 0));
  Report("io_uring_setup", syscall(SYS_io_uring_setup, 1, NULL));
  Report("perf_event_open", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
  Report("open_by_handle_at", syscall(SYS_open_by_handle_at, -1, NULL, 0));
  Report("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
  Report("init_module", syscall(SYS_init_module, NULL, 0, ""));
  Report("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
  Report("swapon", syscall(SYS_swapon, "/nothing", 0));
  Report("ptrace", syscall(SYS_ptrace, 0, 0, 0, 0));
  Report("personality", syscall(SYS_personality, 0x20000));
  Report("setns", syscall(SYS_setns, -1, 0));
  return 0;
}

// System calls that older C libraries do not wrap. Each returns what syscall(2) does: -1 and errno
// on failure. async-signal-safe, no allocation: usable after clone.
#ifndef TSRUN_SYS_SYSCALLS_H_
#define TSRUN_SYS_SYSCALLS_H_

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#ifndef MOVE_MOUNT_F_EMPTY_PATH
#error "linux/mount.h is too old: headers of Linux 5.12 or newer are needed"
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef MS_REC
#define MS_REC 16384
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

namespace tsrun::sys {

inline int Openat2(int dir, const char* path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {};
  how.flags = flags;
  how.mode = mode;
  how.resolve = resolve;
  return static_cast<int>(syscall(SYS_openat2, dir, path, &how, sizeof how));
}
inline int OpenTree(int dir, const char* path, unsigned flags) {
  return static_cast<int>(syscall(SYS_open_tree, dir, path, flags));
}
inline int MoveMount(int from, int to) {
  return static_cast<int>(
      syscall(SYS_move_mount, from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}
inline int MountSetattr(int fd, unsigned flags, const struct mount_attr* attr) {
  return static_cast<int>(
      syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | flags, attr, sizeof *attr));
}
inline int Fsopen(const char* type) {
  return static_cast<int>(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}
inline int FsconfigString(int fd, const char* key, const char* value) {
  return static_cast<int>(syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, key, value, 0));
}
inline int FsconfigFlag(int fd, const char* key) {
  return static_cast<int>(syscall(SYS_fsconfig, fd, FSCONFIG_SET_FLAG, key, nullptr, 0));
}
inline int FsconfigCreate(int fd) {
  return static_cast<int>(syscall(SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
}
inline int FsconfigReconfigure(int fd) {
  return static_cast<int>(syscall(SYS_fsconfig, fd, FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0));
}
inline int Fspick(int fd) {
  return static_cast<int>(syscall(SYS_fspick, fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC));
}
inline int Fsmount(int fd, unsigned attributes) {
  return static_cast<int>(syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, attributes));
}
inline int MountOld(const char* source, const char* target, const char* type, unsigned long flags,
                    const void* data) {
  return static_cast<int>(syscall(SYS_mount, source, target, type, flags, data));
}
inline int Umount(const char* target, int flags) {
  return static_cast<int>(syscall(SYS_umount2, target, flags));
}
inline int PivotRoot(const char* to, const char* old) {
  return static_cast<int>(syscall(SYS_pivot_root, to, old));
}
inline int CloseRange(unsigned first, unsigned last, unsigned flags) {
  return static_cast<int>(syscall(SYS_close_range, first, last, flags));
}
inline int PidfdSendSignal(int pidfd, int signal) {
  return static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}
inline int ExecveAt(int dir, const char* path, char* const argv[], char* const envp[], int flags) {
  return static_cast<int>(syscall(SYS_execveat, dir, path, argv, envp, flags));
}
inline pid_t Clone3(struct clone_args* args) {
  return static_cast<pid_t>(syscall(SYS_clone3, args, sizeof *args));
}

}  // namespace tsrun::sys

#endif  // TSRUN_SYS_SYSCALLS_H_

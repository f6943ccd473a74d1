/**
 * The system calls every container may use, by what they are for.
 *
 * The set is docker's, so that images run here as they do there; the grouping shows what a hole would open. Names that
 * this machine's libseccomp does not know yet are left out when the filter is compiled.
 */

// Every run does this, and a regular expression would take longer than all of its splitting.
const words = (text: string): readonly string[] =>
  text
    .trim()
    .split('\n')
    .flatMap((line) => line.trim().split(' '));

const files = words(`
  open openat openat2 creat close close_range read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2
  lseek _llseek dup dup2 dup3 fcntl fcntl64 flock ioctl pipe pipe2 sendfile sendfile64 splice tee vmsplice
  copy_file_range fallocate truncate truncate64 ftruncate ftruncate64 fsync fdatasync sync syncfs sync_file_range
  fadvise64 fadvise64_64 readahead cachestat
  stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx statfs statfs64 fstatfs fstatfs64
  access faccessat faccessat2 chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 fchownat lchown lchown32
  umask utime utimes futimesat utimensat utimensat_time64
  link linkat symlink symlinkat readlink readlinkat rename renameat renameat2 unlink unlinkat
  mkdir mkdirat rmdir mknod mknodat getdents getdents64 chdir fchdir getcwd
  getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat
  listxattr llistxattr flistxattr listxattrat removexattr lremovexattr fremovexattr removexattrat
  inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark name_to_handle_at listmount statmount
`);

const readiness = words(`
  select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64
  epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2
  eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64
  io_setup io_submit io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64
`);

const memory = words(`
  brk mmap mmap2 munmap mremap remap_file_pages mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall
  membarrier memfd_create memfd_secret map_shadow_stack mseal pkey_alloc pkey_free pkey_mprotect process_mrelease
`);

const processes = words(`
  fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill pidfd_open pidfd_send_signal
  getpid getppid gettid getpgid getpgrp setpgid getsid setsid prctl getcpu uname sysinfo times getrusage restart_syscall
  getrlimit ugetrlimit setrlimit prlimit64 getpriority setpriority ioprio_get ioprio_set pause uretprobe
  set_tid_address set_robust_list get_robust_list set_thread_area get_thread_area rseq riscv_hwprobe
  sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam
  sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min
  sched_rr_get_interval sched_rr_get_interval_time64 sched_yield
`);

const signals = words(`
  rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn rt_sigsuspend
  rt_sigtimedwait rt_sigtimedwait_time64 sigaltstack sigprocmask sigreturn
`);

// The capabilities that matter here are checked by the kernel itself.
const identity = words(`
  getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32
  getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32
  setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32 setgroups setgroups32
  capget capset seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
`);

const time = words(`
  time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep
  clock_nanosleep_time64 nanosleep alarm getitimer setitimer adjtimex clock_adjtime clock_adjtime64
  timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64
`);

const locks = words(`futex futex_time64 futex_wait futex_wake futex_requeue futex_waitv getrandom`);

// socket(2) itself is allowed by address family, in default-profile.ts.
const sockets = words(`
  accept accept4 bind connect listen getpeername getsockname getsockopt setsockopt shutdown socketcall socketpair
  recv recvfrom recvmsg recvmmsg recvmmsg_time64 send sendto sendmsg sendmmsg
`);

const ipc = words(`
  ipc msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget
  mq_open mq_unlink mq_notify mq_getsetattr mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
`);

/** Allowed for every container on every machine. */
export const commonSyscalls: readonly string[] = [
  ...files,
  ...readiness,
  ...memory,
  ...processes,
  ...signals,
  ...identity,
  ...time,
  ...locks,
  ...sockets,
  ...ipc,
];

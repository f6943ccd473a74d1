// The floor: what the kernel itself needs for the steps of a container, called by a bare program.
// Nothing here parses, checks, reports or recovers; the steps are those of "tsrun run --dry-run",
// by hand.
//
//   floor COUNT LOWERDIR SCRATCH CGROUPS SECCOMP DEVICES COMMAND [ARGUMENT...]
//
// COUNT containers one after the other; a line of nanoseconds for each, from nothing there to
// nothing left. LOWERDIR: overlay's, colons between layers. SCRATCH: where the directories of a
// container are made. CGROUPS: a cgroup2 directory to make control groups in. SECCOMP, DEVICES:
// files with the filters as the kernel takes them; "-": none.
#define _GNU_SOURCE
#include "floor.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct Filter {
  void* bytes;
  size_t size;
};

static long long Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static struct Filter ReadFilter(const char* path) {
  struct Filter filter = {NULL, 0};
  if (strcmp(path, "-") == 0) return filter;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  MUST(fd);
  struct stat st;
  MUST(fstat(fd, &st));
  filter.bytes = malloc((size_t)st.st_size);
  filter.size = (size_t)st.st_size;
  if (read(fd, filter.bytes, filter.size) != st.st_size) _exit(71);
  close(fd);
  return filter;
}

static void WriteFile(const char* path, const char* text, int flags) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
  MUST(fd);
  if (write(fd, text, strlen(text)) < 0) _exit(71);
  close(fd);
}

static void AttachDevices(struct Filter filter, int cgroup) {
  if (filter.bytes == NULL) return;
  union bpf_attr load;
  memset(&load, 0, sizeof load);
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = (uint64_t)(uintptr_t)filter.bytes;
  load.insn_cnt = (uint32_t)(filter.size / sizeof(struct bpf_insn));
  load.license = (uint64_t)(uintptr_t)"GPL";
  const int program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
  MUST(program);
  union bpf_attr attach;
  memset(&attach, 0, sizeof attach);
  attach.target_fd = (uint32_t)cgroup;
  attach.attach_bpf_fd = (uint32_t)program;
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  MUST(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach));
  close(program);
}

static void DropRights(struct Filter seccomp) {
  const uint64_t kept = 0xa80425fb;
  for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; ++cap) {
    if (((kept >> cap) & 1) == 0) MUST(prctl(PR_CAPBSET_DROP, cap));
  }
  umask(022);
  MUST(setgroups(0, NULL));
  MUST(setresgid(0, 0, 0));
  MUST(setresuid(0, 0, 0));
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{(uint32_t)kept, (uint32_t)kept, 0}, {0, 0, 0}};
  MUST(syscall(SYS_capset, &header, data));
  MUST(chdir("/"));
  MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  MUST(syscall(SYS_close_range, 3, ~0u, 0));
  if (seccomp.bytes == NULL) return;
  struct sock_fprog program = {(unsigned short)(seccomp.size / sizeof(struct sock_filter)),
                               seccomp.bytes};
  MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

// In the new namespaces; the working directory is the container's own on the host.
static void Init(const char* lower, struct Filter seccomp, char** command) {
  MUST(prctl(PR_SET_PDEATHSIG, SIGKILL));
  umask(0);
  MUST(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL));
  char options[4096];
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=upper,workdir=work", lower);
  MUST(mount("overlay", "rootfs", "overlay", 0, options));
  MUST(chdir("rootfs"));
  Filesystems();
  Files();
  Nodes();
  LoopbackUp();
  MUST(syscall(SYS_pivot_root, ".", "."));
  MUST(umount2(".", MNT_DETACH));
  MUST(chdir("/"));
  MUST(sethostname("floor", 5));
  WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0", 0);
  WriteFile("/proc/sys/net/ipv4/ping_group_range", "0 2147483647", 0);
  MasksAndReadOnly();
  MUST(setsid());
  DropRights(seccomp);
  static char* environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                NULL};
  execvpe(command[0], command, environment);
  _exit(127);
}

static void One(char** argv, struct Filter seccomp, struct Filter devices) {
  static char cgroup_path[4096];
  snprintf(cgroup_path, sizeof cgroup_path, "%s/floor-%d", argv[4], getpid());
  MUST(chdir(argv[3]));
  MUST(mkdir("container", 0700));
  MUST(chdir("container"));
  MUST(mkdir("upper", 0755));
  MUST(mkdir("work", 0700));
  MUST(mkdir("rootfs", 0700));
  WriteFile("resolv.conf", "", O_CREAT);
  WriteFile("hostname", "floor\n", O_CREAT);
  WriteFile("hosts", "127.0.0.1 localhost\n", O_CREAT);
  MUST(mkdir(cgroup_path, 0755));
  const int cgroup = open(cgroup_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  MUST(cgroup);
  if (devices.bytes != NULL) {
    const int readable = open(cgroup_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    MUST(readable);
    AttachDevices(devices, readable);
    close(readable);
  }
  int pidfd = -1;
  struct clone_args args;
  memset(&args, 0, sizeof args);
  args.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
               CLONE_NEWCGROUP | CLONE_INTO_CGROUP | CLONE_PIDFD;
  args.exit_signal = SIGCHLD;
  args.cgroup = (uint64_t)cgroup;
  args.pidfd = (uint64_t)(uintptr_t)&pidfd;
  const pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof args);
  MUST(child);
  if (child == 0) Init(argv[2], seccomp, argv + 7);
  close(cgroup);
  int status = 0;
  MUST(waitpid(child, &status, 0));
  close(pidfd);
  MUST(rmdir(cgroup_path));
  rmdir("work/work");
  static const char* const files[] = {"resolv.conf", "hostname", "hosts"};
  for (int i = 0; i < 3; ++i) {
    char made[32];
    snprintf(made, sizeof made, "upper/etc/%s", files[i]);
    unlink(made);
    unlink(files[i]);
  }
  rmdir("upper/etc");
  rmdir("upper");
  rmdir("work");
  rmdir("rootfs");
  MUST(chdir(".."));
  MUST(rmdir("container"));
  if (status != 0) {
    dprintf(2, "floor: the container ended with wait status %d\n", status);
    _exit(71);
  }
}

int main(int argc, char** argv) {
  if (argc < 8) return 64;
  const struct Filter seccomp = ReadFilter(argv[5]);
  const struct Filter devices = ReadFilter(argv[6]);
  for (int i = atoi(argv[1]); i > 0; --i) {
    const long long begin = Now();
    One(argv, seccomp, devices);
    printf("%lld\n", Now() - begin);
    fflush(stdout);
  }
  return 0;
}

// The container's filesystem and loopback interface, step by step as in the plan.
#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "floor.h"

void LoopbackUp(void) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  MUST(fd);
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  MUST(ioctl(fd, SIOCSIFFLAGS, &request));
  close(fd);
}

// Below the working directory, which is the new root.
void Filesystems(void) {
  const unsigned long plain = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  MUST(mount("proc", "proc", "proc", plain, NULL));
  MUST(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
  MUST(mkdir("dev/pts", 0755));
  MUST(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
             "newinstance,ptmxmode=0666,mode=0620,gid=5"));
  MUST(mount("sysfs", "sys", "sysfs", plain | MS_RDONLY, NULL));
  MUST(mount("cgroup", "sys/fs/cgroup", "cgroup2", plain | MS_RDONLY, NULL));
  MUST(mkdir("dev/mqueue", 0755));
  MUST(mount("mqueue", "dev/mqueue", "mqueue", plain, NULL));
  MUST(mkdir("dev/shm", 0755));
  MUST(mount("shm", "dev/shm", "tmpfs", plain, "mode=1777,size=67108864"));
}

void Files(void) {
  static const char* const names[] = {"resolv.conf", "hostname", "hosts"};
  char from[32];
  char to[32];
  mkdir("etc", 0755);
  for (int i = 0; i < 3; ++i) {
    snprintf(from, sizeof from, "../%s", names[i]);
    snprintf(to, sizeof to, "etc/%s", names[i]);
    close(open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    MUST(mount(from, to, NULL, MS_BIND, NULL));
    MUST(mount(NULL, to, NULL, MS_PRIVATE, NULL));
  }
}

void Nodes(void) {
  static const struct {
    const char* path;
    unsigned major, minor;
  } nodes[] = {{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
               {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes; ++i) {
    MUST(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
  }
  static const char* const links[][2] = {
      {"/proc/self/fd", "dev/fd"},       {"/proc/self/fd/0", "dev/stdin"},
      {"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"},
      {"/proc/kcore", "dev/core"},       {"pts/ptmx", "dev/ptmx"}};
  for (size_t i = 0; i < sizeof links / sizeof *links; ++i) MUST(symlink(links[i][0], links[i][1]));
}

void MasksAndReadOnly(void) {
  static const char* const masks[] = {"/proc/acpi",
                                      "/proc/asound",
                                      "/proc/interrupts",
                                      "/proc/kcore",
                                      "/proc/keys",
                                      "/proc/latency_stats",
                                      "/proc/sched_debug",
                                      "/proc/scsi",
                                      "/proc/timer_list",
                                      "/proc/timer_stats",
                                      "/sys/devices/virtual/powercap",
                                      "/sys/firmware"};
  for (size_t i = 0; i < sizeof masks / sizeof *masks; ++i) {
    struct stat st;
    if (lstat(masks[i], &st) != 0) continue;
    if (S_ISDIR(st.st_mode)) {
      MUST(mount("tmpfs", masks[i], "tmpfs", MS_RDONLY, "size=0k"));
    } else {
      MUST(mount("/dev/null", masks[i], NULL, MS_BIND, NULL));
    }
  }
  static const char* const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                         "/proc/sysrq-trigger"};
  for (size_t i = 0; i < sizeof readonly / sizeof *readonly; ++i) {
    if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) != 0) continue;
    MUST(mount(NULL, readonly[i], NULL,
               MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
  }
}

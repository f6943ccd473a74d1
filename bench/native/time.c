// Times commands from outside: time COUNT COMMAND [ARGUMENT...]
//
// Prints one line of nanoseconds per run, from vfork to the end of the command. The command reads
// /dev/null and writes to /dev/null; its standard error is kept, so that a failure can be told. A
// small static program and vfork, because starting a process from Node costs milliseconds that are
// not the command's.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  const int count = atoi(argv[1]);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int i = 0; i < count; ++i) {
    const long long begin = Now();
    const pid_t child = vfork();
    if (child < 0) return 71;
    if (child == 0) {
      dup2(null, 0);
      dup2(null, 1);
      execvp(argv[2], argv + 2);
      _exit(127);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child) return 71;
    const long long end = Now();
    if (status != 0) {
      fprintf(stderr, "run %d of %s ended with wait status %d\n", i + 1, argv[2], status);
      return 1;
    }
    printf("%lld\n", end - begin);
  }
  return 0;
}

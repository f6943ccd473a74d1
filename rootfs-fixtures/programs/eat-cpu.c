// Spins in N processes for some wall-clock milliseconds; prints the CPU milliseconds that they got together.
//   eat-cpu PROCESSES MILLISECONDS
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long Now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(int argc, char **argv) {
  int processes = argc > 1 ? atoi(argv[1]) : 2;
  long end = Now() + (argc > 2 ? atol(argv[2]) : 1000);
  for (int i = 0; i < processes; i++) {
    if (fork() == 0) {
      while (Now() < end) continue;
      _exit(0);
    }
  }
  while (wait(NULL) > 0) continue;
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  printf("%ld\n", (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                      (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
  return 0;
}

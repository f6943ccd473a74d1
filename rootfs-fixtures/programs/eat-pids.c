// Forks children that wait until fork fails or there are as many as asked for. Prints the number and the errno, ends them.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  long wanted = argc > 1 ? atol(argv[1]) : 1000;
  pid_t *children = calloc((size_t)wanted, sizeof *children);
  long have = 0;
  int error = 0;
  while (have < wanted) {
    pid_t child = fork();
    if (child < 0) {
      error = errno;
      break;
    }
    if (child == 0) {
      pause();
      _exit(0);
    }
    children[have++] = child;
  }
  printf("children %ld errno %d\n", have, error);
  fflush(stdout);
  for (long i = 0; i < have; i++) kill(children[i], SIGKILL);
  while (wait(NULL) > 0) continue;
  return 0;
}

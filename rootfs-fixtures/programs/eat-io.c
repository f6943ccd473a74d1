// Writes or reads a file past the page cache and prints the milliseconds it took.
//   eat-io write|read PATH MIB
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long Now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  int writing = strcmp(argv[1], "write") == 0;
  int fd = open(argv[2], (writing ? O_WRONLY | O_CREAT : O_RDONLY) | O_DIRECT, 0600);
  if (fd < 0) {
    printf("errno %d\n", errno);
    return 1;
  }
  void *block;
  if (posix_memalign(&block, 4096, 1 << 20) != 0) return 12;
  memset(block, 7, 1 << 20);
  long start = Now();
  for (long i = 0; i < atol(argv[3]); i++) {
    ssize_t done = writing ? write(fd, block, 1 << 20) : read(fd, block, 1 << 20);
    if (done != 1 << 20) {
      printf("errno %d\n", done < 0 ? errno : 0);
      return 1;
    }
  }
  printf("%ld\n", Now() - start);
  return 0;
}

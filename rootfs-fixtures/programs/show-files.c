// Prints every open file descriptor and what it is, one a line, without opening a directory that would be one more.
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  for (int fd = 0; fd < 4096; fd++) {
    char link[64];
    char target[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0) continue;
    target[length] = 0;
    printf("%d %s\n", fd, target);
  }
  return 0;
}

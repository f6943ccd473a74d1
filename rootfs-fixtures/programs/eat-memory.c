// Takes memory a MiB at a time until it has as many as asked for or is killed; prints how many it has after each.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  long wanted = argc > 1 ? atol(argv[1]) : 1024;
  for (long have = 1; have <= wanted; have++) {
    char *page = malloc(1 << 20);
    if (page == NULL) return 12;
    memset(page, (int)have, 1 << 20);
    printf("%ld\n", have);
    fflush(stdout);
  }
  return 0;
}

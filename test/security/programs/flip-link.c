// flip-link DIRECTORY TARGET: exchanges DIRECTORY/a, a directory, and DIRECTORY/b, a link to TARGET, until it is killed.
// After the first 100,000 times it says so.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 3 || chdir(argv[1]) != 0) return 70;
  mkdir("a", 0755);
  if (symlink(argv[2], "b") != 0) return 71;
  puts("flipping");
  fflush(stdout);
  for (long times = 1;; ++times) {
    renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE);
    if (times != 100000) continue;
    puts("often");
    fflush(stdout);
  }
}

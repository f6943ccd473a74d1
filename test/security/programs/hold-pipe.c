// Writes a line to standard output, then holds that pipe's lock in the kernel: sendfile(2) into a pipe takes the lock before
// it waits for its source, here a socket that nothing ever comes from. Whoever reads the pipe then sleeps with no way to be
// woken. A child keeps the reader busy with standard error meanwhile, so that it does not read the line too early, and says
// "held" at the end. Ends with status 5 on SIGTERM.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static void OnTerm(int number) {
  (void)number;
  _exit(5);
}

static void Chatter(int blocks) {
  char block[4096];
  memset(block, '.', sizeof block);
  for (int i = 0; i < blocks; i++) {
    if (write(2, block, sizeof block) < 0) _exit(72);
  }
}

static void SayWhenParentSleeps(void) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/stat", getppid());
  for (;;) {
    FILE *stat = fopen(path, "r");
    char *state = stat && fgets(line, sizeof line, stat) ? strrchr(line, ')') : NULL;
    if (stat) fclose(stat);
    if (state && state[2] == 'S') break;
  }
  fputs("held\n", stderr);
}

int main(void) {
  int pair[2], go[2];
  char byte = 0;
  signal(SIGTERM, OnTerm);
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || pipe(go) != 0) return 70;
  if (fork() == 0) {
    Chatter(256);
    write(go[1], &byte, 1);
    Chatter(256);
    SayWhenParentSleeps();
    _exit(0);
  }
  read(go[0], &byte, 1);
  write(1, "line\n", 5);
  sendfile(1, pair[0], NULL, 1 << 20);
  return 71;
}

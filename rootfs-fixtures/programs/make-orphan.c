// Leaves a grandchild behind that prints its parent's process id once its own parent is gone, and exits.
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int done[2];
  if (pipe(done) != 0) return 1;
  pid_t child = fork();
  if (child == 0) {
    int gone[2];
    if (pipe(gone) != 0) _exit(1);
    if (fork() != 0) _exit(0);
    // The write end that the child held is closed when it has exited; ours we close ourselves.
    close(gone[1]);
    char byte;
    (void)!read(gone[0], &byte, 1);
    printf("parent %d\n", (int)getppid());
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  close(done[1]);
  char byte;
  (void)!read(done[0], &byte, 1);
  return 0;
}

// Prints what a process inherits of signals: blocked, ignored, caught, one line each, by number.
#include <signal.h>
#include <stdio.h>

int main(void) {
  sigset_t blocked;
  sigprocmask(SIG_BLOCK, NULL, &blocked);
  printf("blocked");
  for (int number = 1; number < 65; number++) {
    if (sigismember(&blocked, number) == 1) printf(" %d", number);
  }
  printf("\nignored");
  for (int number = 1; number < 65; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) printf(" %d", number);
  }
  printf("\n");
  return 0;
}

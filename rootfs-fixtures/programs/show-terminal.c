// Prints the size of the terminal on standard input, and again after each change, until standard input ends.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void OnResize(int number) { (void)number; }

static void Show(void) {
  struct winsize size;
  if (ioctl(0, TIOCGWINSZ, &size) != 0) {
    printf("no terminal\n");
  } else {
    printf("rows %d columns %d\n", size.ws_row, size.ws_col);
  }
  fflush(stdout);
}

int main(void) {
  struct sigaction action = {.sa_handler = OnResize};
  sigaction(SIGWINCH, &action, NULL);
  Show();
  for (;;) {
    char byte;
    ssize_t got = read(0, &byte, 1);
    if (got == 0) return 0;
    if (got < 0 && errno == EINTR) Show();
    if (got < 0 && errno != EINTR) return 0;
  }
}

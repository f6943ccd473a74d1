// Tries to push a line into the terminal of whoever started us (TIOCSTI, as in CVE-2017-5226). Prints the errno of each try.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

static int Push(int fd) { return ioctl(fd, TIOCSTI, "\n") == 0 ? 0 : errno; }

int main(void) {
  for (int fd = 0; fd < 3; fd++) printf("fd %d errno %d\n", fd, Push(fd));
  int tty = open("/dev/tty", O_RDWR | O_NOCTTY);
  printf("/dev/tty errno %d\n", tty < 0 ? errno : Push(tty));
  return 0;
}

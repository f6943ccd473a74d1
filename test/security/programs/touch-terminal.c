// What a program may try on a terminal that is not its own (CVE-2016-2568, CVE-2017-5226). Prints the errno of each try.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int Errno(int result) { return result < 0 ? errno : 0; }

int main(void) {
  for (int fd = 0; fd < 3; fd++) {
    char selection[] = {3};  // paste
    printf("fd %d terminal %d", fd, isatty(fd));
    printf(" TIOCSTI %d", Errno(ioctl(fd, TIOCSTI, "!")));
    printf(" TIOCLINUX %d", Errno(ioctl(fd, TIOCLINUX, selection)));
    printf(" TIOCSCTTY %d\n", Errno(ioctl(fd, TIOCSCTTY, 1)));
  }
  int tty = open("/dev/tty", O_RDWR | O_NOCTTY);
  printf("/dev/tty %d\n", Errno(tty));
  return 0;
}

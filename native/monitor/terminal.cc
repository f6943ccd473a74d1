#include "monitor/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace tsrun {

void RawTerminal::Enter() {
  if (tcgetattr(STDIN_FILENO, &saved_) != 0) return;
  struct termios raw = saved_;
  cfmakeraw(&raw);
  // SIGTTOU is blocked, so this works from the background too.
  entered_ = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void RawTerminal::Leave() {
  if (entered_) tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_);
  entered_ = false;
}

void CopyWindowSize(int master) {
  struct winsize size = {};
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
    return;
  ioctl(master, TIOCSWINSZ, &size);
}

bool Relay(int from, int to) {
  char buffer[16384];
  const ssize_t got = read(from, buffer, sizeof buffer);
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got == 0) return false;
  for (ssize_t at = 0; at < got;) {
    const ssize_t put = write(to, buffer + at, static_cast<size_t>(got - at));
    if (put >= 0) {
      at += put;
      continue;
    }
    if (errno == EAGAIN) {
      struct pollfd ready = {to, POLLOUT, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace tsrun

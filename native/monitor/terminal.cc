#include "monitor/terminal.h"

#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace tsrun {
namespace {

void OnAlarm(int) {}

// A write that may sleep no longer than this. O_NONBLOCK would be a change for everybody who shares
// the open file description: the caller's shell, the next program in its pipe.
constexpr suseconds_t kBriefly = 20000;

ssize_t WriteBriefly(int to, const char* bytes, size_t size) {
  // Repeated: the first may come before the write has begun to sleep.
  const struct itimerval soon = {{0, kBriefly}, {0, kBriefly}};
  const struct itimerval never = {};
  setitimer(ITIMER_REAL, &soon, nullptr);
  const ssize_t put = write(to, bytes, size);
  const int err = errno;
  setitimer(ITIMER_REAL, &never, nullptr);
  errno = err;
  return put;
}

}  // namespace

void RawTerminal::Enter() {
  if (isatty(STDIN_FILENO) == 0) return;
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTTOU);
  sigprocmask(SIG_UNBLOCK, &stop, nullptr);
  // Before the modes are looked at: those of the background are the shell's own, of its prompt.
  // EIO: there is no shell left that could bring us to the foreground.
  while (tcdrain(STDIN_FILENO) != 0 && errno == EINTR) {
  }
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  if (!entered_ && tcgetattr(STDIN_FILENO, &saved_) != 0) return;
  struct termios raw = saved_;
  cfmakeraw(&raw);
  entered_ = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

void RawTerminal::Leave() {
  // Not TCSADRAIN: it waits, maybe for ever, for a terminal that was stopped with Ctrl-S. SIGTTOU
  // is blocked, so this works from the background too.
  if (entered_) tcsetattr(STDIN_FILENO, TCSANOW, &saved_);
  entered_ = false;
}

void PrepareBriefWrites() {
  struct sigaction action = {};
  action.sa_handler = OnAlarm;  // without SA_RESTART
  sigaction(SIGALRM, &action, nullptr);
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
}

bool Flow::Fill(int from) {
  const ssize_t got = read(from, bytes_, sizeof bytes_ - kMaxDetachKeys);
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  begin_ = 0;
  end_ = static_cast<size_t>(got);
  errno = 0;
  return got > 0;
}

void Flow::Put(const char* bytes, size_t size) {
  begin_ = 0;
  end_ = size < sizeof bytes_ ? size : sizeof bytes_;
  memcpy(bytes_, bytes, end_);
}

bool Flow::TakeKeys(DetachKeys& keys) { return keys.Pass(bytes_, &end_, sizeof bytes_); }

bool Flow::Drain(int to, size_t most) {
  // A terminal, and a pipe that others write to, may still take less.
  const size_t size = end_ - begin_ < most ? end_ - begin_ : most;
  const ssize_t put = WriteBriefly(to, bytes_ + begin_, size);
  if (put < 0) return errno == EINTR || errno == EAGAIN;
  begin_ += static_cast<size_t>(put);
  return true;
}

void CopyWindowSize(int master) {
  struct winsize size = {};
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
    return;
  ioctl(master, TIOCSWINSZ, &size);
}

}  // namespace tsrun

// The policy of --restart, when a container has ended: whether it is started again and after how
// long. src/container/kept/restart-files.ts writes and reads the same files.
//
//   restart      what was asked for; there is none for most containers
//   stopped      somebody of ours ended it: it stays so
//   restarting   how often it was started again, and who waits to do it, written here
//
// The wait is a sleep in this process, with the lock held. SIGTERM ends it: `stop`, `kill` and
// `rm -f` write `stopped` and send that.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "monitor/monitor.h"
#include "monitor/record_files.h"

namespace tsrun {
namespace {

// docker's figures.
constexpr unsigned long long kFirstDelay = 100;  // milliseconds
constexpr unsigned long long kLongestDelay = 60'000;
constexpr time_t kLongRun = 10;  // seconds

// The value of a line "key value"; nullptr: there is none.
const char* ValueOf(const char* text, const char* key) {
  const size_t length = strlen(key);
  for (const char* line = text; line != nullptr && *line != 0;) {
    if (strncmp(line, key, length) == 0 && line[length] == ' ') return line + length + 1;
    line = strchr(line, '\n');
    if (line != nullptr) ++line;
  }
  return nullptr;
}

unsigned long long NumberOf(const char* text, const char* key) {
  const char* value = ValueOf(text, key);
  return value == nullptr ? 0 : strtoull(value, nullptr, 10);
}

bool Is(const char* value, const char* word) {
  const size_t length = strlen(word);
  return strncmp(value, word, length) == 0 && value[length] == '\n';
}

bool WasStopped(const Monitor& monitor) {
  return faccessat(monitor.directory.get(), "stopped", F_OK, 0) == 0;
}

// When it began to run is when `running` was written.
bool RanLong(const Monitor& monitor) {
  struct stat st = {};
  struct timespec now = {};
  return fstatat(monitor.directory.get(), "running", &st, 0) == 0 &&
         clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec - st.st_mtim.tv_sec >= kLongRun;
}

bool Allows(const char* policy_file, int wait_status, unsigned long long count) {
  const char* policy = ValueOf(policy_file, "policy");
  if (policy == nullptr) return false;
  if (Is(policy, "always") || Is(policy, "unless-stopped")) return true;
  if (!Is(policy, "on-failure")) return false;
  const unsigned long long most = NumberOf(policy_file, "maximum");
  return wait_status != 0 && (most == 0 || count < most);
}

// The launcher waits for the end of its child. Another process goes on, with the lock, and the
// child ends when the end of the container is written down: when the other side of this pipe
// closes.
bool LeaveLauncher(Monitor& monitor) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  const pid_t other = fork();
  if (other < 0) return false;
  if (other > 0) {
    writer.Close();
    char nothing;
    while (read(reader.get(), &nothing, 1) < 0 && errno == EINTR) {
    }
    _exit(0);
  }
  setsid();
  // The channel is the parent's alone from here on; its place is free.
  monitor.channel = static_cast<Fd&&>(writer);
  monitor.plan.header.lifetime = Lifetime::kOwn;
  return true;
}

}  // namespace

unsigned long long PrepareRestart(Monitor& monitor) {
  const Record& record = monitor.plan.header.record;
  if (!monitor.directory.valid() || !record.epilogue_restarts || record.epilogue.empty() ||
      monitor.killed) {
    return 0;
  }
  char policy[128], before[512];
  if (!ReadText(monitor.directory.get(), "restart", policy, sizeof policy) &&
      !monitor.restart_wanted) {
    return 0;
  }
  ReadText(monitor.directory.get(), "restarting", before, sizeof before);
  const unsigned long long count = NumberOf(before, "count");
  if (WasStopped(monitor)) return 0;
  if (!monitor.restart_wanted && !Allows(policy, monitor.wait_status, count)) return 0;
  unsigned long long delay = RanLong(monitor) ? 0 : NumberOf(before, "delay");
  delay = delay == 0 ? kFirstDelay : delay * 2;
  if (delay > kLongestDelay) delay = kLongestDelay;
  if (monitor.channel.valid() && !LeaveLauncher(monitor)) return 0;
  char boot[kBootIdSize], text[256];
  ReadBootId(boot);
  snprintf(text, sizeof text,
           "tsrun-restarting 1\ncount %llu\ndelay %llu\nmonitor %d\nmonitor-start-time %llu\n"
           "boot %s\nend\n",
           count + 1, delay, static_cast<int>(getpid()), StartTime(getpid()), boot);
  // A full disk: without the file nobody could end the wait.
  return WriteWhole(monitor.directory.get(), "restarting", text) ? delay : 0;
}

bool WaitToRestart(const Monitor& monitor, unsigned long long milliseconds) {
  sigset_t term, rest;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigfillset(&rest);
  sigdelset(&rest, SIGTERM);
  struct timespec none = {};
  // What came while they were blocked was for the monitor, not for what runs next.
  while (sigtimedwait(&rest, nullptr, &none) > 0) {
  }
  struct timespec time = {static_cast<time_t>(milliseconds / 1000),
                          static_cast<long>(milliseconds % 1000) * 1'000'000};
  if (!WasStopped(monitor) && sigtimedwait(&term, nullptr, &time) < 0 && errno == EAGAIN &&
      !WasStopped(monitor)) {
    return true;
  }
  return false;
}

void BecomeEpilogue() {
  // Its words have nobody to go to; a terminal may be somebody else's by now.
  Fd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd = 0; fd < 3 && nothing.valid(); ++fd) dup2(nothing.get(), fd);
  setsid();
  sigset_t none;
  sigemptyset(&none);
  // A SIGTERM of this moment ends the program here, and it is not started again.
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace tsrun

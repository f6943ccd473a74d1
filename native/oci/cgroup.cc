#include "oci/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "oci/read_file.h"
#include "sys/fd.h"

namespace tsrun::oci {
namespace {

constexpr int kPatienceMs = 10'000;
constexpr int kTurnMs = 2;
constexpr size_t kMaxFile = 64 << 20;

void Write(const std::string& path, const char* value) {
  Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  // Ignored: the group is gone, or what follows finds it unchanged.
  if (file.valid() && write(file.get(), value, strlen(value)) < 0) return;
}

bool HasLine(const std::string& path, const char* line) {
  std::string text;
  if (ReadFile(AT_FDCWD, path.c_str(), kMaxFile, &text) != 0) return false;
  return ("\n" + text).find("\n" + std::string(line) + "\n") != std::string::npos;
}

bool IsPopulated(const std::string& cgroup) {
  return HasLine(cgroup + "/cgroup.events", "populated 1");
}

std::vector<std::string> Children(const std::string& cgroup) {
  std::vector<std::string> found;
  DIR* directory = opendir(cgroup.c_str());
  if (directory == nullptr) return found;
  while (const struct dirent* entry = readdir(directory)) {
    const bool self = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (entry->d_type == DT_DIR && !self) found.push_back(cgroup + "/" + entry->d_name);
  }
  closedir(directory);
  return found;
}

// cgroup.events becomes readable with POLLPRI when it changes.
bool WaitUntilEmpty(const std::string& cgroup) {
  const std::string events = cgroup + "/cgroup.events";
  Fd file(open(events.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return true;
  for (int waits = 0; waits < 100; ++waits) {
    char text[256] = {};
    if (pread(file.get(), text, sizeof text - 1, 0) <= 0) return true;
    if (strstr(text, "populated 1") == nullptr) return true;
    struct pollfd change = {file.get(), POLLPRI, 0};
    if (poll(&change, 1, kPatienceMs) == 0) return false;
  }
  return false;
}

int RemoveTree(const std::string& cgroup) {
  if (rmdir(cgroup.c_str()) == 0 || errno == ENOENT) return 0;
  if (errno != EBUSY && errno != ENOTEMPTY) return errno;
  for (const std::string& child : Children(cgroup)) {
    const int err = RemoveTree(child);
    if (err != 0) return err;
  }
  return rmdir(cgroup.c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

// Upwards to the group `tsrun`, which is ours; one that holds others stays. As
// src/cgroup/remove.ts.
void RemoveEmptyAbove(std::string cgroup) {
  const size_t ours = cgroup.rfind("/tsrun/");
  if (ours == std::string::npos) return;
  for (size_t slash; (slash = cgroup.rfind('/')) > ours;) {
    cgroup.resize(slash);
    if (rmdir(cgroup.c_str()) != 0) return;
  }
}

}  // namespace

bool IsFrozen(const std::string& cgroup) {
  return !cgroup.empty() && HasLine(cgroup + "/cgroup.events", "frozen 1");
}

bool BelongsToAnother(const std::string& cgroup, pid_t pid, uint64_t start_time) {
  if (cgroup.empty()) return false;
  const std::string ours = std::to_string(pid) + " " + std::to_string(start_time);
  char owner[64];
  const ssize_t size = getxattr(cgroup.c_str(), "user.tsrun.owner", owner, sizeof owner);
  // Without a mark it was made anew by somebody else.
  if (size < 0) return errno != ENOENT;
  return std::string(owner, static_cast<size_t>(size)) != ours;
}

void KillGroup(const std::string& cgroup) {
  if (!cgroup.empty()) Write(cgroup + "/cgroup.kill", "1");
}

int SignalGroup(const std::string& cgroup, int signal) {
  if (cgroup.empty()) return 0;
  std::string text;
  int first = 0;
  if (ReadFile(AT_FDCWD, (cgroup + "/cgroup.procs").c_str(), kMaxFile, &text) == 0) {
    for (const char* at = text.c_str(); *at != 0;) {
      char* end = nullptr;
      const long pid = strtol(at, &end, 10);
      // 0: a process that this pid namespace does not know.
      if (pid > 0 && kill(static_cast<pid_t>(pid), signal) != 0 && errno != ESRCH && first == 0)
        first = errno;
      if (*end != '\n') break;
      at = end + 1;
    }
  }
  for (const std::string& child : Children(cgroup)) {
    const int err = SignalGroup(child, signal);
    if (first == 0) first = err;
  }
  return first;
}

int RemoveGroup(const std::string& cgroup, Processes processes) {
  if (cgroup.empty()) return 0;
  // The usual case: PID 1 was the last process, and nothing is below.
  if (rmdir(cgroup.c_str()) != 0 && errno != ENOENT) {
    if (processes == Processes::kLeave && IsPopulated(cgroup)) return 0;
    if (processes == Processes::kKill) KillGroup(cgroup);
    if (!WaitUntilEmpty(cgroup)) return EBUSY;
    const int err = RemoveTree(cgroup);
    if (err != 0) return err;
  }
  RemoveEmptyAbove(cgroup);
  return 0;
}

int RemoveScope(const std::string& cgroup, Processes processes) {
  if (cgroup.empty()) return 0;
  if (processes == Processes::kLeave && IsPopulated(cgroup)) return 0;
  if (processes == Processes::kKill) KillGroup(cgroup);
  if (!WaitUntilEmpty(cgroup)) return EBUSY;
  for (int waits = 0; waits < kPatienceMs / kTurnMs; ++waits) {
    if (access(cgroup.c_str(), F_OK) != 0) return 0;
    const struct timespec turn = {0, kTurnMs * 1'000'000};
    nanosleep(&turn, nullptr);
  }
  // There is no systemd any more.
  return RemoveTree(cgroup);
}

}  // namespace tsrun::oci

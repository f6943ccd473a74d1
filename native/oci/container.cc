#include "oci/container.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "oci/cgroup.h"
#include "oci/read_file.h"

namespace tsrun::oci {
namespace {

// Annotations are in it, and clients write long ones.
constexpr size_t kMaxState = 16 << 20;
constexpr unsigned kLockPatience = 10;

// As runc: what it allows is a name on disk, and nothing else.
bool IsId(const std::string& id) {
  if (id.empty() || id.size() > 255 || id == "." || id == "..") return false;
  for (const char c : id) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    strchr("_+-.", c) != nullptr;
    if (!ok || c == 0) return false;
  }
  return true;
}

// The fields of /proc/PID/stat behind the name, which may hold blanks and parentheses.
struct ProcessStat {
  char state = 'X';
  long threads = 0;
  uint64_t start_time = 0;
};

bool ReadStat(pid_t pid, ProcessStat* stat) {
  std::string text;
  if (ReadFile(AT_FDCWD, ("/proc/" + std::to_string(pid) + "/stat").c_str(), 4096, &text) != 0)
    return false;
  size_t at = text.rfind(')');
  if (at == std::string::npos || at + 2 >= text.size()) return false;
  at += 2;
  stat->state = text[at];
  // The state is field 3, the threads are 20, the start is 22.
  for (int field = 3; field < 22; ++field) {
    if (field == 20) stat->threads = strtol(text.c_str() + at, nullptr, 10);
    at = text.find(' ', at);
    if (at == std::string::npos) return false;
    ++at;
  }
  stat->start_time = strtoull(text.c_str() + at, nullptr, 10);
  return true;
}

// The pid alone is no proof: the kernel gives numbers again. The descriptor is taken first, so that
// what is compared afterwards is the process it stands for.
Fd OpenProcess(const StateFile& state) {
  Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, state.pid, 0)));
  ProcessStat stat;
  if (!pidfd.valid() || !ReadStat(state.pid, &stat)) return Fd();
  if (stat.start_time != state.start_time) return Fd();
  // A first thread that has ended is a zombie while others of its process run.
  const bool ended = stat.state == 'X' || (stat.state == 'Z' && stat.threads <= 1);
  return ended ? Fd() : std::move(pidfd);
}

// In a user namespace uid 0 is somebody's container, and /run is not its own.
bool InUserNamespace() {
  std::string map;
  if (ReadFile(AT_FDCWD, "/proc/self/uid_map", 4096, &map) != 0) return false;
  unsigned long inside = 0, outside = 0, size = 0;
  char* end = map.data();
  inside = strtoul(end, &end, 10);
  outside = strtoul(end, &end, 10);
  size = strtoul(end, &end, 10);
  return inside != 0 || outside != 0 || size != 4294967295ul;
}

std::string Variable(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

const char* StatusName(Status status) {
  switch (status) {
    case Status::kCreating:
      return "creating";
    case Status::kCreated:
      return "created";
    case Status::kRunning:
      return "running";
    case Status::kPaused:
      return "paused";
    case Status::kStopped:
      return "stopped";
  }
  return "";
}

std::string RootDirectory(const std::string& asked) {
  if (!asked.empty()) return asked;
  const std::string state = Variable("TSRUN_ROOT");
  if (!state.empty()) return state + "/oci";
  // An empty variable means unset: clients pass XDG_RUNTIME_DIR= as root.
  const std::string runtime = Variable("XDG_RUNTIME_DIR");
  const uid_t uid = geteuid();
  if (uid == 0 && (runtime.empty() || !InUserNamespace())) return "/run/tsrun/oci";
  if (!runtime.empty()) return runtime + "/tsrun/oci";
  return "/tmp/tsrun-" + std::to_string(uid) + "/oci";
}

Failure MissingContainer(const std::string& id) {
  return {"container \"" + id + "\" does not exist", "", "tsrun-oci list shows those that do"};
}

Open OpenContainer(const CommandLine& line, const std::string& id, Container* container,
                   Failure* failure) {
  container->id = id;
  container->path = RootDirectory(line.root) + "/" + id;
  if (!IsId(id)) {
    *failure = {"\"" + id + "\" is not a container's id",
                "ids are made of letters, digits and _ + - .", ""};
    return Open::kFailed;
  }
  container->directory =
      Fd(open(container->path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!container->directory.valid()) {
    if (errno == ENOENT) {
      *failure = MissingContainer(id);
      return Open::kMissing;
    }
    *failure = {"cannot open container \"" + id + "\"", container->path + ": " + ErrnoText(errno),
                ""};
    return Open::kFailed;
  }
  // src/container/state/oci-directory.ts says why; root takes what it is given.
  struct stat st = {};
  const uid_t uid = geteuid();
  if (uid != 0 && (fstat(container->directory.get(), &st) != 0 || st.st_uid != uid)) {
    *failure = {"cannot open container \"" + id + "\"",
                container->path + ": it belongs to another user, " + std::to_string(st.st_uid),
                "name another directory with --root, or set XDG_RUNTIME_DIR"};
    // Not by force either.
    container->directory.Close();
    return Open::kFailed;
  }
  std::string text;
  const int err = ReadFile(container->directory.get(), "state", kMaxState, &text);
  if (err == ENOENT) return Open::kOk;
  std::string why;
  if (err == 0 && ParseStateFile(text, &container->state, &why) && container->state.id == id) {
    container->has_state = true;
    StateFile& state = container->state;
    container->pidfd = OpenProcess(state);
    // While PID 1 is in it, nobody else gets it.
    if (!container->pidfd.valid() && BelongsToAnother(state.cgroup, state.pid, state.start_time))
      state.cgroup.clear();
    return Open::kOk;
  }
  if (err != 0) why = "reading its state failed: " + ErrnoText(err);
  if (why.empty()) why = "its state file is that of container \"" + container->state.id + "\"";
  *failure = {"cannot read the state of container \"" + id + "\"", why,
              "tsrun-oci delete --force " + id + " removes what is left of it"};
  return Open::kFailed;
}

bool LockContainer(Container* container, Failure* failure) {
  container->lock = Fd(openat(container->directory.get(), "lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!container->lock.valid()) {
    // Another command is removing it: the lock goes last but for the directory.
    *failure = MissingContainer(container->id);
    return false;
  }
  // The handler does nothing: without SA_RESTART, flock(2) comes back with EINTR.
  struct sigaction wake = {};
  wake.sa_handler = [](int) {};
  sigaction(SIGALRM, &wake, nullptr);
  alarm(kLockPatience);
  const int got = flock(container->lock.get(), LOCK_EX);
  const int err = errno;
  alarm(0);
  if (got != 0) {
    *failure = {"cannot lock container \"" + container->id + "\"",
                err == EINTR ? "another command has been working on it for ten seconds"
                             : "flock failed: " + ErrnoText(err),
                ""};
    return false;
  }
  struct stat st = {};
  if (fstat(container->lock.get(), &st) == 0 && st.st_nlink == 0) {
    *failure = MissingContainer(container->id);
    return false;
  }
  return true;
}

Status StatusOf(Container* container) {
  if (!container->has_state) return Status::kCreating;
  if (!container->pidfd.valid()) return Status::kStopped;
  if (faccessat(container->directory.get(), "start.sock", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return Status::kCreated;
  return IsFrozen(container->state.cgroup) ? Status::kPaused : Status::kRunning;
}

}  // namespace tsrun::oci

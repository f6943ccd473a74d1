// tsrun-oci delete [--force] ID
#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "oci/cgroup.h"
#include "oci/container.h"
#include "oci/node.h"
#include "oci/read_file.h"
#include "oci/verbs.h"
#include "sys/root_mount.h"
#include "sys/syscalls.h"

namespace tsrun::oci {
namespace {

constexpr int kPatienceMs = 10'000;

// The kernel ends all processes of a pid namespace with its PID 1: whoever is in the group of one
// that has stopped was put there by somebody else.
Processes InGroupOf(const Container& container, Status status) {
  return status == Status::kStopped && container.state.own_pid_namespace ? Processes::kLeave
                                                                         : Processes::kKill;
}

bool KillAndWait(Container* container, Processes processes, Failure* failure) {
  if (processes == Processes::kKill) KillGroup(container->state.cgroup);
  if (!container->pidfd.valid()) return true;
  sys::PidfdSendSignal(container->pidfd.get(), SIGKILL);
  struct pollfd end = {container->pidfd.get(), POLLIN, 0};
  int ready;
  while ((ready = poll(&end, 1, kPatienceMs)) < 0 && errno == EINTR) {
  }
  if (ready > 0) return true;
  *failure = {"cannot delete container \"" + container->id + "\"",
              "its process " + std::to_string(container->state.pid) + " does not die of SIGKILL",
              "a process waiting for a device or a network disk cannot be killed"};
  return false;
}

// Of a container without a mount namespace: src/container/oci/root-mount.ts has written what lay at
// its root before, "ID PATH".
bool DetachRoot(const Container& container, Failure* failure) {
  std::string record;
  if (ReadFile(container.directory.get(), "root-mount", 2 * PATH_MAX, &record) != 0) return true;
  char* path = nullptr;
  const uint64_t before = strtoull(record.c_str(), &path, 10);
  if (*path++ != ' ') return true;
  const int err = DetachAbove(path, before);
  if (err == 0) return true;
  *failure = {"cannot take the mounts of container \"" + container.id + "\" away",
              std::string(path) + ": " + ErrnoText(err), ""};
  return false;
}

// The lock goes last but for the directory: who waits for it finds the container gone.
bool RemoveDirectory(Container* container, Failure* failure) {
  DIR* entries = fdopendir(dup(container->directory.get()));
  int err = entries == nullptr ? errno : 0;
  while (const struct dirent* entry = entries == nullptr ? nullptr : readdir(entries)) {
    const char* name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "lock") == 0) continue;
    if (unlinkat(container->directory.get(), name, 0) != 0 && errno != ENOENT) err = errno;
  }
  if (entries != nullptr) closedir(entries);
  if (err == 0 && unlinkat(container->directory.get(), "lock", 0) != 0 && errno != ENOENT)
    err = errno;
  if (err == 0 && rmdir(container->path.c_str()) != 0 && errno != ENOENT) err = errno;
  if (err == 0) return true;
  *failure = {"cannot remove the directory of container \"" + container->id + "\"",
              container->path + ": " + ErrnoText(err), ""};
  return false;
}

}  // namespace

int Delete(const CommandLine& line) {
  Container container;
  Failure failure;
  const std::string& id = line.arguments[0];
  const Open opened = OpenContainer(line, id, &container, &failure);
  // Clients delete once more by force, to be sure; what is gone already is what they wanted.
  if (opened == Open::kMissing && line.force) return 0;
  // A state that cannot be read: by force the rest of it goes all the same.
  if (opened != Open::kOk && !(line.force && container.directory.valid()))
    return Report(line.log, failure);
  if (!LockContainer(&container, &failure)) {
    const bool gone = access(container.path.c_str(), F_OK) != 0;
    return gone && line.force ? 0 : Report(line.log, failure);
  }
  // Read again under the lock: a `create` that held it may have written the state meanwhile.
  Container locked;
  if (OpenContainer(line, id, &locked, &failure) == Open::kOk) {
    locked.lock = std::move(container.lock);
    container = std::move(locked);
  }
  const Status status = StatusOf(&container);
  if (!line.force && status != Status::kStopped && status != Status::kCreating) {
    return Report(line.log, {"cannot delete container \"" + id +
                                 "\" that is not stopped: " + StatusName(status),
                             "", "kill it first, or use --force"});
  }
  const Processes processes = InGroupOf(container, status);
  if (!KillAndWait(&container, processes, &failure)) return Report(line.log, failure);
  if (!DetachRoot(container, &failure)) return Report(line.log, failure);
  const int err = container.state.scope ? RemoveScope(container.state.cgroup, processes)
                                        : RemoveGroup(container.state.cgroup, processes);
  if (err != 0) {
    return Report(line.log, {"cannot remove the control group of container \"" + id + "\"",
                             container.state.cgroup + ": " + ErrnoText(err), ""});
  }
  if (container.state.poststop) {
    // They are in config.json, so the directory goes after them. A failing hook only warns.
    RunNode(Log{}, {"hooks", "poststop", container.path});
  }
  return RemoveDirectory(&container, &failure) ? 0 : Report(line.log, failure);
}

}  // namespace tsrun::oci

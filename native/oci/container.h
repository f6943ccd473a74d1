// A container as this program sees it: its directory, its lock, and what the kernel says of PID 1.
#ifndef TSRUN_OCI_CONTAINER_H_
#define TSRUN_OCI_CONTAINER_H_

#include <string>

#include "oci/command_line.h"
#include "oci/report.h"
#include "oci/state_file.h"
#include "sys/fd.h"

namespace tsrun::oci {

// runtime-spec, runtime.md#state, and runc's paused. Never stored: the kernel knows.
enum class Status { kCreating, kCreated, kRunning, kPaused, kStopped };
const char* StatusName(Status status);

struct Container {
  std::string id;
  std::string path;  // of the directory
  Fd directory;
  StateFile state;
  bool has_state = false;  // not before `create` has written it
  Fd pidfd;                // of PID 1 while it lives
  Fd lock;                 // when it was taken
};

enum class Open { kOk, kMissing, kFailed };

// Opens the directory of a container and reads its state, if there is one already. The control
// group of one that has stopped may be another's since: then it has none.
Open OpenContainer(const CommandLine& line, const std::string& id, Container* container,
                   Failure* failure);
Failure MissingContainer(const std::string& id);

// Waits for the container's lock; ten seconds are enough for whoever holds it to finish.
bool LockContainer(Container* container, Failure* failure);

Status StatusOf(Container* container);

// Where containers are: --root, TSRUN_ROOT/oci, or the user's own default.
// src/container/state/roots.ts says the same.
std::string RootDirectory(const std::string& asked);

}  // namespace tsrun::oci

#endif  // TSRUN_OCI_CONTAINER_H_

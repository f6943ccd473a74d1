// tsrun-oci kill [--all] ID [SIGNAL]
#include <signal.h>

#include <cerrno>

#include "oci/cgroup.h"
#include "oci/container.h"
#include "oci/signals.h"
#include "oci/verbs.h"
#include "sys/syscalls.h"

namespace tsrun::oci {
namespace {

// Init has no handlers while it waits for `start`, and the kernel spares a PID 1 without them: what
// would end any other process ends a container that is only created.
bool EndsByDefault(int signal) {
  for (const int harmless :
       {SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, 0}) {
    if (signal == harmless) return false;
  }
  return true;
}

int SignalContainer(const CommandLine& line, Container* container, Status status, int signal) {
  const StateFile& state = container->state;
  // The kernel has ended them all with PID 1: whoever is in the group now is somebody else's.
  if (status == Status::kStopped && state.own_pid_namespace) return 0;
  // Without a pid namespace of its own the kernel does not end what PID 1 leaves behind.
  const bool whole = line.all || (signal == SIGKILL && !state.own_pid_namespace);
  if (status == Status::kCreated && EndsByDefault(signal)) signal = SIGKILL;
  int err = 0;
  if (whole && !state.cgroup.empty()) {
    if (signal == SIGKILL) {
      KillGroup(state.cgroup);
    } else {
      err = SignalGroup(state.cgroup, signal);
    }
  } else if (container->pidfd.valid()) {
    err = sys::PidfdSendSignal(container->pidfd.get(), signal) == 0 ? 0 : errno;
  }
  return err == ESRCH && line.all ? 0 : err;
}

}  // namespace

int Kill(const CommandLine& line) {
  const std::string text = line.arguments.size() > 1 ? line.arguments[1] : "TERM";
  const int signal = ParseSignal(text);
  if (signal < 0) {
    return Report(line.log, {"\"" + text + "\" is not a signal",
                             "signal(7) lists the names; numbers go to 64", ""});
  }
  Container container;
  Failure failure;
  if (OpenContainer(line, line.arguments[0], &container, &failure) != Open::kOk)
    return Report(line.log, failure);
  const Status status = StatusOf(&container);
  const std::string what = "cannot signal container \"" + container.id + "\"";
  // containerd's shim knows a container that has ended by these words.
  if (status == Status::kCreating || (status == Status::kStopped && !line.all))
    return Report(line.log, {what, "container not running", ""});
  const int err = SignalContainer(line, &container, status, signal);
  if (err == ESRCH) return Report(line.log, {what, "container not running", ""});
  if (err != 0) return Report(line.log, {what, "pidfd_send_signal failed: " + ErrnoText(err), ""});
  return 0;
}

}  // namespace tsrun::oci

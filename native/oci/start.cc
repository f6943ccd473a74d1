// tsrun-oci start ID
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "oci/cgroup.h"
#include "oci/container.h"
#include "oci/node.h"
#include "oci/verbs.h"
#include "sys/message.h"
#include "sys/syscalls.h"

namespace tsrun::oci {
namespace {

constexpr int kPatienceMs = 10'000;

// Through a descriptor of the directory: a socket's path ends at 107 bytes.
Fd Connect(const Container& container) {
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/start.sock",
           container.directory.get());
  if (connect(socket.get(), reinterpret_cast<struct sockaddr*>(&address), sizeof address) != 0) {
    const int err = errno;
    socket.Close();
    errno = err;
  }
  return socket;
}

// By Node, with the message as it came: src/native/messages.ts reads it.
int Explain(const CommandLine& line, const Container& container, const Message& message, int root) {
  static const char kDigits[] = "0123456789abcdef";
  std::string hex;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&message);
  for (size_t i = 0; i < sizeof message; ++i) {
    hex += kDigits[bytes[i] >> 4];
    hex += kDigits[bytes[i] & 15];
  }
  return RunNode(line.log, {"explain", container.path, hex, std::to_string(root)});
}

// A caller that asks for the state of a container whose start failed is to find it stopped.
void WaitForEnd(const Fd& pidfd) {
  struct pollfd end = {pidfd.get(), POLLIN, 0};
  while (poll(&end, 1, kPatienceMs) < 0 && errno == EINTR) {
  }
}

}  // namespace

int Start(const CommandLine& line) {
  Container container;
  Failure failure;
  const std::string& id = line.arguments[0];
  if (OpenContainer(line, id, &container, &failure) != Open::kOk ||
      !LockContainer(&container, &failure))
    return Report(line.log, failure);
  const Status status = StatusOf(&container);
  const std::string what = "cannot start container \"" + id + "\"";
  if (status != Status::kCreated) {
    return Report(line.log, {what,
                             std::string("it is ") + StatusName(status) +
                                 ", and only a created container can be started",
                             ""});
  }
  Fd init = Connect(container);
  if (!init.valid())
    return Report(line.log, {what, "connecting to its init failed: " + ErrnoText(errno), ""});
  // From here on it counts as started; if this process dies before it says go, init ends.
  unlinkat(container.directory.get(), "start.sock", 0);
  const int err = SendMessage(init.get(), {MessageType::kGo, 0, 0, Op::kNone, 0, 0}, -1);
  if (err != 0) {
    WaitForEnd(container.pidfd);
    return Report(line.log, {what, "its init has ended", ""});
  }
  Message message = {};
  int fd = -1;
  const int size = ReceivePacket(init.get(), &message, sizeof message, &fd);
  Fd root(fd);
  if (size >= static_cast<int>(sizeof message)) {
    // The words for a step are TypeScript's. Init waits with its mounts until this socket closes,
    // so that they can be looked into.
    fcntl(init.get(), F_SETFD, 0);
    if (root.valid()) fcntl(root.get(), F_SETFD, 0);
    const int code = Explain(line, container, message, root.get());
    init.Close();
    WaitForEnd(container.pidfd);
    return code;
  }
  if (!container.state.poststart) return 0;
  const int code = RunNode(line.log, {"hooks", "poststart", container.path});
  if (code != 0) {
    // runtime-spec 1.3, runtime.md#lifecycle: the container is stopped.
    KillGroup(container.state.cgroup);
    sys::PidfdSendSignal(container.pidfd.get(), SIGKILL);
    WaitForEnd(container.pidfd);
  }
  return code;
}

}  // namespace tsrun::oci

// Starts the forwarder of the ports that are published at ::1 (forward/forward.h). The sockets
// listen before the command runs; the forwarder is not waited for.
#include "forward/forward.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <vector>

#include "monitor/monitor.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

constexpr int kWaiting = 4096;

int Listen(Monitor& monitor, const ForwardedPort& port, Fd& listening) {
  const bool is_stream = port.protocol == Protocol::kTcp;
  listening = Fd(
      socket(AF_INET6, (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listening.valid()) return Failed(monitor.context, Op::kSocket);
  const int on = 1;
  // Of UDP it would let another program listen beside us.
  if (is_stream) setsockopt(listening.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port.host_port);
  address.sin6_addr = in6addr_loopback;
  if (bind(listening.get(), reinterpret_cast<struct sockaddr*>(&address), sizeof address) != 0 ||
      (is_stream && listen(listening.get(), kWaiting) != 0)) {
    return Failed(monitor.context, Op::kBindSocket);
  }
  return 0;
}

}  // namespace

int Perform(Monitor& monitor, const Forward& step) {
  std::vector<Fd> files;
  Fd claims(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!claims.valid()) return Failed(monitor.context, Op::kOpen);
  // Of words that argv points to.
  std::vector<std::vector<char>> ports;
  for (const ForwardedPort& port : step.ports) {
    Fd listening;
    const int err = Listen(monitor, port, listening);
    if (err != 0) return err;
    if (inotify_add_watch(claims.get(), port.claim, IN_DELETE_SELF | IN_DONT_FOLLOW) < 0)
      return Failed(monitor.context, Op::kWatchFile);
    files.push_back(std::move(listening));
    ports.emplace_back(8);
    snprintf(ports.back().data(), 8, "%u", static_cast<unsigned>(port.container_port));
  }
  std::vector<char*> argv = {const_cast<char*>("tsrun-init"), const_cast<char*>("forward")};
  for (size_t i = 0; i < step.ports.size(); ++i) {
    argv.push_back(const_cast<char*>(step.ports[i].address));
    argv.push_back(ports[i].data());
  }
  argv.push_back(nullptr);
  Fd program(open("/proc/self/exe", O_PATH | O_CLOEXEC));
  if (!program.valid()) return Failed(monitor.context, Op::kOpen);
  const pid_t child = fork();
  if (child < 0) return Failed(monitor.context, Op::kClone);
  if (child > 0) return 0;
  // Out of the way of the numbers that it is to have.
  const int first = 256;
  const int end = fcntl(monitor.pidfd.get(), F_DUPFD, first);
  const int watch = fcntl(claims.get(), F_DUPFD, first);
  const int image = fcntl(program.get(), F_DUPFD_CLOEXEC, first);
  for (Fd& file : files) file = Fd(fcntl(file.get(), F_DUPFD, first));
  dup2(end, kForwardEnd);
  dup2(watch, kForwardClaims);
  for (size_t i = 0; i < files.size(); ++i)
    dup2(files[i].get(), kForwardFirst + static_cast<int>(i));
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  char* env[] = {nullptr};
  if (chdir("/") == 0) sys::ExecveAt(image, "", argv.data(), env, AT_EMPTY_PATH);
  _exit(127);
}

}  // namespace tsrun

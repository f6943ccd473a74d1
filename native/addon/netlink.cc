// netlink(7): messages that TypeScript has written, and the kernel's answers.
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "addon/module.h"
#include "sys/fd.h"
#include "sys/netlink_socket.h"

namespace tsrun {
namespace {

void Enable(int socket, int option) {
  const int on = 1;
  // Both only make answers shorter or clearer.
  setsockopt(socket, SOL_NETLINK, option, &on, sizeof on);
}

// A socket belongs to the namespace that it was made in, and setns(2) is about this thread alone.
int Open(int protocol, int space, int users, Fd* socket) {
  if (users >= 0) return OpenNetlinkIn(users, space, protocol, socket);
  Fd own;
  if (space >= 0) {
    own = Fd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!own.valid() || setns(space, CLONE_NEWNET) != 0) return errno;
  }
  *socket = Fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  const int err = socket->valid() ? 0 : errno;
  // Never in the namespace of somebody else from here on.
  if (own.valid() && setns(own.get(), CLONE_NEWNET) != 0) abort();
  return err;
}

// Everything that is there: it was put there while we sent, or is by our receiving, for a dump.
int ReceiveAll(int socket, std::vector<uint8_t>* answers) {
  // More than the kernel puts into one packet, netlink(7).
  static uint8_t buffer[64 * 1024];
  for (;;) {
    const ssize_t got = recv(socket, buffer, sizeof buffer, MSG_DONTWAIT | MSG_TRUNC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN ? 0 : errno;
    if (static_cast<size_t>(got) > sizeof buffer) return EMSGSIZE;
    answers->insert(answers->end(), buffer, buffer + got);
  }
}

Napi::Value Netlink(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const bool is_route = info[0].As<Napi::String>().Utf8Value() == "route";
  const auto messages = info[1].As<Napi::Uint8Array>();
  const int space = info[2].As<Napi::Number>().Int32Value();
  // Closing one to netfilter waits until what was removed has been freed, after an RCU grace
  // period: milliseconds after each removal. So that of our own namespace stays, and the kernel is
  // long done when this process ends.
  static thread_local Fd kept;
  const bool keeps = !is_route && space < 0;
  Fd own;
  Fd& socket = keeps ? kept : own;
  if (!socket.valid()) {
    const int failed = Open(is_route ? NETLINK_ROUTE : NETLINK_NETFILTER, space,
                            info[3].As<Napi::Number>().Int32Value(), &socket);
    if (failed != 0) throw ErrnoError(env, failed, "socket(AF_NETLINK)");
    Enable(socket.get(), NETLINK_CAP_ACK);
    Enable(socket.get(), NETLINK_EXT_ACK);
  }
  ssize_t sent = 0;
  do {
    sent = send(socket.get(), messages.Data(), messages.ByteLength(), 0);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) throw ErrnoError(env, errno, "send to the kernel");
  std::vector<uint8_t> answers;
  const int err = ReceiveAll(socket.get(), &answers);
  if (err != 0) {
    // Half an answer must not become part of the next.
    socket.Close();
    throw ErrnoError(env, err, "receive from the kernel");
  }
  return Napi::Buffer<uint8_t>::Copy(env, answers.data(), answers.size());
}

}  // namespace

void RegisterNetlink(Napi::Env env, Napi::Object exports) {
  exports.Set("netlink", Napi::Function::New(env, Netlink));
}

}  // namespace tsrun

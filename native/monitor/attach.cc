#include "monitor/attach.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace tsrun {
namespace {

constexpr char kName[] = "attach";

Message Head(MessageType type, uint32_t step, uint64_t a) {
  return {type, step, 0, Op::kNone, a, 0};
}

}  // namespace

Fd ListenForAttach(int directory) {
  Fd listening(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listening.valid()) return Fd();
  // What a killed monitor left.
  unlinkat(directory, kName, 0);
  // The path of a store may be longer than sun_path.
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, kName);
  if (bind(listening.get(), reinterpret_cast<struct sockaddr*>(&address), sizeof address) != 0 ||
      listen(listening.get(), AttachServer::kMostClients) != 0) {
    return Fd();
  }
  return listening;
}

bool AttachServer::Say(Client& client, const Message& head, const char* bytes, size_t size) {
  Message copy = head;
  struct iovec parts[] = {{&copy, sizeof copy}, {const_cast<char*>(bytes), size}};
  struct msghdr packet = {};
  packet.msg_iov = parts;
  packet.msg_iovlen = size > 0 ? 2 : 1;
  ssize_t sent;
  do {
    sent = sendmsg(client.socket.get(), &packet, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

void AttachServer::TellMissed(Client& client) {
  if (client.missed > 0 && Say(client, Head(MessageType::kMissed, 0, client.missed), nullptr, 0))
    client.missed = 0;
}

void AttachServer::Broadcast(Stream stream, const char* bytes, size_t size) {
  if (alone()) return;
  const uint32_t number = stream == Stream::kOutput ? 1 : 2;
  for (Client& client : clients_) {
    if (!client.socket.valid()) continue;
    TellMissed(client);
    // A client that has just been told that it missed something starts anew from there.
    if (client.missed > 0 || !Say(client, Head(MessageType::kOutput, number, 0), bytes, size))
      client.missed += size;
  }
}

void AttachServer::SendEnd(int wait_status) {
  for (Client& client : clients_) {
    if (!client.socket.valid()) continue;
    TellMissed(client);
    Say(client, Head(MessageType::kExited, 0, static_cast<uint64_t>(wait_status)), nullptr, 0);
  }
}

void AttachServer::Acknowledge(int client) {
  if (client < 0 || !clients_[client].waits) return;
  clients_[client].waits = false;
  Say(clients_[client], Head(MessageType::kInputTaken, 0, 0), nullptr, 0);
}

void AttachServer::Watch(struct pollfd* fds, bool wants_input) const {
  fds[0] = {listening_, POLLIN, 0};
  for (int i = 0; i < kMostClients; ++i) {
    const Client& client = clients_[i];
    const short events = static_cast<short>((wants_input ? POLLIN : 0) |  //
                                            (client.missed > 0 ? POLLOUT : 0));
    fds[i + 1] = {client.socket.get(), events, 0};
  }
}

void AttachServer::Serve(const struct pollfd* fds, AttachListener& listener) {
  for (int i = 0; i < kMostClients; ++i) {
    Client& client = clients_[i];
    const short events = fds[i + 1].revents;
    if (!client.socket.valid() || events == 0) continue;
    if ((events & POLLOUT) != 0) TellMissed(client);
    if ((events & POLLIN) != 0) {
      Hear(i, listener);
    } else if ((events & (POLLHUP | POLLERR)) != 0) {
      Leave(client);
    }
  }
  if (fds[0].revents != 0) Accept();
}

void AttachServer::Accept() {
  Fd socket(accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket.valid()) return;
  for (Client& client : clients_) {
    if (client.socket.valid()) continue;
    client.socket = std::move(socket);
    client.missed = 0;
    client.waits = false;
    ++count_;
    Say(client, Head(MessageType::kAttached, 0, 0), nullptr, 0);
    return;
  }
  // All places are taken: it sees the end without the word that it is attached.
}

void AttachServer::Leave(Client& client) {
  client.socket.Close();
  --count_;
}

void AttachServer::Hear(int index, AttachListener& listener) {
  Client& client = clients_[index];
  // Static: the stack stays small.
  static struct {
    Message head;
    char bytes[kMaxInput];
  } packet;
  int fd = -1;
  const int got = ReceivePacket(client.socket.get(), &packet, sizeof packet, &fd);
  Fd unwanted(fd);
  if (got < static_cast<int>(sizeof(Message))) return Leave(client);
  switch (packet.head.type) {
    case MessageType::kInput:
      client.waits = true;
      listener.OnInput(index, packet.bytes, static_cast<size_t>(got) - sizeof(Message));
      break;
    case MessageType::kInputEnd:
      listener.OnInputEnd();
      break;
    case MessageType::kResize:
      listener.OnResize(static_cast<uint16_t>(packet.head.a >> 16),
                        static_cast<uint16_t>(packet.head.a));
      break;
    default:
      break;
  }
}

}  // namespace tsrun

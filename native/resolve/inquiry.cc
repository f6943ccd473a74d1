#include "resolve/inquiry.h"

#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace tsrun {
namespace {

constexpr size_t kMaxServers = 3;
// Two of them end before the five seconds that resolv.conf(5) has programs wait.
constexpr uint64_t kTimeout = 2400u * 1000 * 1000;

}  // namespace

uint32_t RandomNumber() {
  uint32_t number = 0;
  while (getrandom(&number, sizeof number, 0) < 0 && errno == EINTR) {
  }
  return number;
}

Inquiry::Inquiry(const Question& question, const Asker& asker, const Address& client,
                 const std::vector<Address>& servers)
    : question_(question),
      asker_(asker),
      client_(client),
      servers_(servers.begin(),
               servers.begin() + static_cast<long>(std::min(servers.size(), kMaxServers))),
      max_attempts_(std::max<size_t>(2, servers_.size())) {}

bool Inquiry::Next(int epoll, uint64_t tag, uint64_t now) {
  while (!is_last()) {
    const size_t attempt = attempts_++;
    deadline_ = now + kTimeout;
    // What it still says to the first packet is an answer too.
    const bool is_again =
        attempt > 0 && servers_.size() == 1 && asker_.transport == Transport::kUdp;
    const Address& server = servers_[attempt % servers_.size()];
    if (is_again ? Send(epoll, tag) : Connect(epoll, tag, server)) return true;
  }
  return false;
}

bool Inquiry::Connect(int epoll, uint64_t tag, const Address& server) {
  const bool is_stream = asker_.transport == Transport::kTcp;
  const SocketAddress to(server);
  // A socket for each: the kernel chooses a port at random, and hears that server alone.
  socket_ = Fd(socket(to.storage.ss_family,
                      (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  received_.clear();
  is_sent_ = false;
  id_ = static_cast<uint16_t>(RandomNumber());
  if (!socket_.valid()) return false;
  if (connect(socket_.get(), to.get(), to.size) != 0 && errno != EINPROGRESS) return false;
  struct epoll_event event = {};
  event.events = is_stream ? EPOLLOUT : EPOLLIN;
  event.data.u64 = tag;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, socket_.get(), &event) != 0) return false;
  return is_stream || Send(epoll, tag);
}

bool Inquiry::Send(int epoll, uint64_t tag) {
  uint8_t bytes[2 + kMaxForwarded];
  const size_t size = WriteForwarded(question_, id_, bytes + 2);
  if (asker_.transport == Transport::kUdp)
    return send(socket_.get(), bytes + 2, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
  bytes[0] = static_cast<uint8_t>(size >> 8);
  bytes[1] = static_cast<uint8_t>(size);
  // A new connection takes some hundred bytes at once.
  if (send(socket_.get(), bytes, size + 2, MSG_NOSIGNAL) != static_cast<ssize_t>(size + 2))
    return false;
  struct epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  return epoll_ctl(epoll, EPOLL_CTL_MOD, socket_.get(), &event) == 0;
}

Inquiry::Progress Inquiry::Go(int epoll, uint64_t tag, uint8_t* bytes, size_t* size) {
  if (asker_.transport == Transport::kUdp) return Receive(bytes, size);
  if (!is_sent_) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    is_sent_ = error == 0 && Send(epoll, tag);
    return is_sent_ ? Progress::kWaits : Progress::kFailed;
  }
  return ReceiveStream(bytes, size);
}

Inquiry::Progress Inquiry::Receive(uint8_t* bytes, size_t* size) {
  for (;;) {
    const ssize_t got = recv(socket_.get(), bytes, kMaxTcp, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN ? Progress::kWaits : Progress::kFailed;
    *size = static_cast<size_t>(got);
    if (IsAnswer(question_, id_, bytes, *size)) return Progress::kAnswered;
  }
}

Inquiry::Progress Inquiry::ReceiveStream(uint8_t* bytes, size_t* size) {
  for (;;) {
    const ssize_t got = recv(socket_.get(), bytes, kMaxTcp, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return Progress::kWaits;
    if (got <= 0) return Progress::kFailed;
    received_.insert(received_.end(), bytes, bytes + got);
    if (received_.size() < 2) continue;
    const size_t whole = static_cast<size_t>(received_[0] << 8 | received_[1]);
    if (received_.size() - 2 < whole) continue;
    *size = whole;
    std::copy(received_.begin() + 2, received_.begin() + 2 + static_cast<long>(whole), bytes);
    return IsAnswer(question_, id_, bytes, whole) ? Progress::kAnswered : Progress::kFailed;
  }
}

}  // namespace tsrun

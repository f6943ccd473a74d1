#include "forward/connection.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace tsrun {
namespace {

constexpr size_t kPipe = 256 * 1024;
constexpr int kTurns = 16;

void SendAtOnce(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Who has a connection here hears that there is none behind it: a reset, not an end.
void Reset(int socket) {
  const struct linger at_once = {1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

bool Way::Open() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  reader_ = Fd(ends[0]);
  writer_ = Fd(ends[1]);
  // Fewer bytes at a time otherwise: nobody's pipes may not all be large.
  fcntl(writer_.get(), F_SETPIPE_SZ, kPipe);
  return true;
}

bool Way::Move(const Side& from, const Side& to) {
  constexpr unsigned kHow = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
  for (int turn = 0; turn < kTurns; ++turn) {
    if (wants_bytes()) {
      const ssize_t taken = splice(from.socket.get(), nullptr, writer_.get(), nullptr, kPipe, kHow);
      if (taken < 0) return errno == EAGAIN || errno == EINTR;
      pending_ = static_cast<size_t>(taken);
      ended_ = taken == 0;
    }
    if (pending_ > 0) {
      const ssize_t given =
          splice(reader_.get(), nullptr, to.socket.get(), nullptr, pending_, kHow);
      if (given < 0) return errno == EAGAIN || errno == EINTR;
      pending_ -= static_cast<size_t>(given);
    }
    if (ended_ && pending_ == 0) {
      if (!closed_) shutdown(to.socket.get(), SHUT_WR);
      closed_ = true;
      return true;
    }
  }
  return true;
}

bool Connection::Begin(int epoll, Fd client, const struct sockaddr* address, unsigned size) {
  near_.connection = far_.connection = this;
  near_.socket = std::move(client);
  far_.socket = Fd(socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!far_.socket.valid() || !in_.Open() || !out_.Open()) return false;
  SendAtOnce(near_.socket.get());
  SendAtOnce(far_.socket.get());
  if (connect(far_.socket.get(), address, size) != 0 && errno != EINPROGRESS) {
    Reset(near_.socket.get());
    return false;
  }
  return Wait(epoll, far_, EPOLLOUT);
}

bool Connection::Go(int epoll) {
  if (connecting_) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(far_.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      Reset(near_.socket.get());
      return false;
    }
    connecting_ = false;
  }
  if (!in_.Move(near_, far_) || !out_.Move(far_, near_)) {
    // Whichever of them was broken off: the other one is too.
    Reset(near_.socket.get());
    Reset(far_.socket.get());
    return false;
  }
  if (in_.done() && out_.done()) return false;
  const auto events = [](const Way& from, const Way& to) {
    return (from.wants_bytes() ? uint32_t{EPOLLIN} : 0) | (to.has_bytes() ? uint32_t{EPOLLOUT} : 0);
  };
  return Wait(epoll, near_, events(in_, out_)) && Wait(epoll, far_, events(out_, in_));
}

bool Connection::Wait(int epoll, Side& side, uint32_t events) {
  if (side.events == events) return true;
  struct epoll_event event = {};
  event.events = events;
  event.data.ptr = static_cast<Watched*>(&side);
  // One of which nothing is expected still tells of its end (EPOLLHUP, EPOLLERR), over and over.
  const int how = side.events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  side.events = events;
  return epoll_ctl(epoll, how, side.socket.get(), &event) == 0;
}

}  // namespace tsrun

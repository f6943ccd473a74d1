#include "resolve/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

namespace tsrun {
namespace {

constexpr uint64_t kIdle = 10000u * 1000 * 1000;

}  // namespace

Connection::Progress Connection::Go(int epoll, uint64_t tag, uint64_t now) {
  deadline = now + kIdle;
  if (state_ == kRead) return Read(epoll, tag);
  // Nothing was waited for: the other end is gone.
  if (state_ == kNothing) return Progress::kOver;
  return Write(epoll, tag) ? Progress::kWaits : Progress::kOver;
}

Connection::Progress Connection::Read(int epoll, uint64_t tag) {
  for (;;) {
    // Not into the next question: it waits in the socket until this one is answered.
    const size_t have = bytes_.size();
    const size_t whole = have < 2 ? 2 : 2 + static_cast<size_t>(bytes_[0] << 8 | bytes_[1]);
    if (whole > 2 + kMaxQuestion) return Progress::kOver;
    if (have >= 2 && have == whole) break;
    bytes_.resize(whole);
    const ssize_t got = recv(socket_.get(), bytes_.data() + have, whole - have, 0);
    const int err = errno;
    bytes_.resize(have + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got < 0 && err == EINTR) continue;
    if (got < 0 && err == EAGAIN) return Progress::kWaits;
    if (got <= 0) return Progress::kOver;
  }
  return Wait(epoll, tag, kChange, kNothing) ? Progress::kAsks : Progress::kOver;
}

bool Connection::Reply(int epoll, uint64_t tag, const uint8_t* bytes, size_t size) {
  bytes_.assign({static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)});
  bytes_.insert(bytes_.end(), bytes, bytes + size);
  sent_ = 0;
  return Write(epoll, tag);
}

bool Connection::Write(int epoll, uint64_t tag) {
  while (sent_ < bytes_.size()) {
    const ssize_t put =
        send(socket_.get(), bytes_.data() + sent_, bytes_.size() - sent_, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno == EAGAIN && Wait(epoll, tag, kChange, kWrite);
    sent_ += static_cast<size_t>(put);
  }
  bytes_.clear();
  return Wait(epoll, tag, kChange, kRead);
}

bool Connection::Wait(int epoll, uint64_t tag, How how, State state) {
  state_ = state;
  struct epoll_event event = {};
  event.events = state == kRead ? EPOLLIN : state == kWrite ? EPOLLOUT : 0u;
  event.data.u64 = tag;
  return epoll_ctl(epoll, how == kAdd ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket_.get(), &event) == 0;
}

}  // namespace tsrun

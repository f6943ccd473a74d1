// A connection to a published port and the one behind it, and what is on its way between the two.
#ifndef TSRUN_FORWARD_CONNECTION_H_
#define TSRUN_FORWARD_CONNECTION_H_

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstdint>

#include "forward/watched.h"
#include "sys/fd.h"

namespace tsrun {

struct Side : Watched {
  Fd socket;
  // What is waited for.
  uint32_t events = 0;
};

// From one socket through a pipe to the other: the bytes stay in the kernel, splice(2).
class Way {
 public:
  bool Open();
  // Until nothing moves any more, or for a while: others have bytes too. False: the connection is
  // broken.
  bool Move(const Side& from, const Side& to);
  bool wants_bytes() const { return pending_ == 0 && !ended_; }
  bool has_bytes() const { return pending_ > 0; }
  bool done() const { return closed_; }

 private:
  Fd reader_, writer_;
  size_t pending_ = 0;
  // The sender has no more to say; the receiver was told.
  bool ended_ = false, closed_ = false;
};

class Connection {
 public:
  // Which of the listening sockets it came by.
  explicit Connection(int listener) : listener(listener) {}
  // False: too many files are open, or the address cannot be reached.
  bool Begin(int epoll, Fd client, const struct sockaddr* address, unsigned size);
  // False: it is over.
  bool Go(int epoll);

  const int listener;
  Connection* next = nullptr;
  Connection** link = nullptr;
  // Events for one that is over may still be at hand: it goes when they are dealt with.
  bool over = false;

 private:
  bool Wait(int epoll, Side& side, uint32_t events);

  Side near_, far_;
  Way in_, out_;
  bool connecting_ = true;
};

}  // namespace tsrun

#endif  // TSRUN_FORWARD_CONNECTION_H_

// Datagrams to published ports, and the answers: who asked is remembered for a while, as by the
// kernel's connection tracking.
#ifndef TSRUN_FORWARD_DATAGRAMS_H_
#define TSRUN_FORWARD_DATAGRAMS_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "forward/watched.h"
#include "sys/fd.h"

namespace tsrun {

// One that asked, and the socket that its questions go on by.
struct Asker : Watched {
  struct sockaddr_in6 address = {};
  Fd far;
  int listener = 0;
  uint64_t last = 0;
  bool answered = false;
  Asker* next = nullptr;
  Asker** link = nullptr;
};

class Datagrams {
 public:
  explicit Datagrams(int epoll) : epoll_(epoll) {}

  // What has come by a listening socket goes to `address`.
  void Take(int listener, int socket, const struct sockaddr* address, unsigned size);
  // Answers go back by the listening socket.
  void Answer(Asker* asker, int socket);
  // Of a listening socket that is closed.
  void Forget(int listener);
  // Those that have been silent for too long. Milliseconds until the next look; -1: there is none
  // to look for.
  int Sweep();
  // What events at hand may still point to goes now.
  void Clear();

 private:
  Asker* Find(int listener, const struct sockaddr_in6& from);
  Asker* Begin(int listener, const struct sockaddr_in6& from, const struct sockaddr* address,
               unsigned size);
  void ToFront(Asker* asker);
  void End(Asker* asker);

  const int epoll_;
  // Who spoke last comes first.
  Asker* first_ = nullptr;
  Asker* over_ = nullptr;
  int count_ = 0;
  uint64_t swept_ = 0;
};

}  // namespace tsrun

#endif  // TSRUN_FORWARD_DATAGRAMS_H_

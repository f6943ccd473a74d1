// Published ports at ::1. Packets to it never leave the loopback, whatever rules say, so somebody
// has to listen there: this process, one per container, nobody's and confined. It ends with its
// container or monitor; a listening socket goes when its port is given back, whoever does that.
#include "forward/forward.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "forward/confine.h"
#include "forward/connection.h"
#include "forward/datagrams.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

struct Listener : Watched {
  int socket = -1;
  bool is_stream = true;
  struct sockaddr_storage address = {};
  unsigned size = 0;
};

bool Parse(const char* address, const char* port, Listener& listener) {
  const uint16_t number = htons(static_cast<uint16_t>(strtoul(port, nullptr, 10)));
  auto* in4 = reinterpret_cast<struct sockaddr_in*>(&listener.address);
  auto* in6 = reinterpret_cast<struct sockaddr_in6*>(&listener.address);
  if (inet_pton(AF_INET, address, &in4->sin_addr) == 1) {
    in4->sin_family = AF_INET;
    in4->sin_port = number;
    listener.size = sizeof *in4;
    return true;
  }
  if (inet_pton(AF_INET6, address, &in6->sin6_addr) != 1) return false;
  in6->sin6_family = AF_INET6;
  in6->sin6_port = number;
  listener.size = sizeof *in6;
  return true;
}

class Forwarder {
 public:
  Forwarder(std::vector<Listener> listeners, int epoll)
      : listeners_(std::move(listeners)), epoll_(epoll), datagrams_(epoll) {}

  int Run() {
    struct epoll_event end = {};
    end.events = EPOLLIN;
    end.data.ptr = &end_;
    struct epoll_event claims = {};
    claims.events = EPOLLIN;
    claims.data.ptr = &claims_;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, kForwardEnd, &end) != 0 ||
        epoll_ctl(epoll_, EPOLL_CTL_ADD, kForwardClaims, &claims) != 0) {
      return 71;
    }
    Listen(EPOLL_CTL_ADD);
    for (;;) {
      struct epoll_event events[64];
      const int count = epoll_wait(epoll_, events, 64, datagrams_.Sweep());
      if (count < 0 && errno != EINTR) return 71;
      for (int i = 0; i < count; ++i) {
        auto* what = static_cast<Watched*>(events[i].data.ptr);
        if (what == &end_) return 0;
        if (what == &claims_) {
          if (!OnClaims()) return 0;
        } else if (Asker* asker = what->asker; asker != nullptr) {
          if (asker->far.valid())
            datagrams_.Answer(asker, listeners_[static_cast<size_t>(asker->listener)].socket);
        } else if (Connection* connection = what->connection; connection == nullptr) {
          OnListener(static_cast<Listener*>(what));
        } else if (!connection->over && !connection->Go(epoll_)) {
          End(connection);
        }
      }
      Clear();
    }
  }

 private:
  void OnListener(Listener* listener) {
    if (listener->socket < 0) return;
    if (listener->is_stream) {
      Accept(listener);
    } else {
      datagrams_.Take(static_cast<int>(listener - listeners_.data()), listener->socket,
                      reinterpret_cast<const struct sockaddr*>(&listener->address), listener->size);
    }
  }

  void Accept(Listener* listener) {
    const int client = accept4(listener->socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
      // It would be told over and over of one that waits: until there is room again, no more.
      if ((errno == EMFILE || errno == ENFILE) && first_ != nullptr && !is_full_) {
        is_full_ = true;
        Listen(EPOLL_CTL_DEL);
      }
      return;
    }
    auto* connection = new Connection(static_cast<int>(listener - listeners_.data()));
    connection->next = first_;
    connection->link = &first_;
    if (first_ != nullptr) first_->link = &connection->next;
    first_ = connection;
    if (!connection->Begin(epoll_, Fd(client),
                           reinterpret_cast<const struct sockaddr*>(&listener->address),
                           listener->size)) {
      End(connection);
    }
  }

  // Who gives a port back removes the file that says who has it. False: no port is left.
  bool OnClaims() {
    alignas(struct inotify_event) char bytes[1024];
    ssize_t size;
    while ((size = read(kForwardClaims, bytes, sizeof bytes)) > 0) {
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const struct inotify_event*>(bytes + at);
        at += static_cast<ssize_t>(sizeof *event + event->len);
        // Watches are numbered from 1 on, in the order of the sockets.
        const int index = event->wd - 1;
        if (index < 0 || index >= static_cast<int>(listeners_.size())) continue;
        Listener& listener = listeners_[static_cast<size_t>(index)];
        if (listener.socket < 0) continue;
        close(listener.socket);
        listener.socket = -1;
        datagrams_.Forget(index);
        for (Connection* each = first_; each != nullptr;) {
          Connection* next = each->next;
          if (each->listener == index) End(each);
          each = next;
        }
      }
    }
    for (const Listener& listener : listeners_) {
      if (listener.socket >= 0) return true;
    }
    return false;
  }

  void Listen(int how) {
    for (Listener& listener : listeners_) {
      struct epoll_event event = {};
      event.events = EPOLLIN;
      event.data.ptr = static_cast<Watched*>(&listener);
      if (listener.socket >= 0) epoll_ctl(epoll_, how, listener.socket, &event);
    }
  }

  void End(Connection* connection) {
    connection->over = true;
    *connection->link = connection->next;
    if (connection->next != nullptr) connection->next->link = connection->link;
    connection->next = over_;
    over_ = connection;
  }

  void Clear() {
    datagrams_.Clear();
    if (over_ == nullptr) return;
    while (over_ != nullptr) {
      Connection* next = over_->next;
      delete over_;
      over_ = next;
    }
    if (is_full_) Listen(EPOLL_CTL_ADD);
    is_full_ = false;
  }

  std::vector<Listener> listeners_;
  const int epoll_;
  Datagrams datagrams_;
  Watched end_, claims_;
  Connection* first_ = nullptr;
  Connection* over_ = nullptr;
  bool is_full_ = false;
};

}  // namespace

int ForwardMain(int argc, char** argv) {
  prctl(PR_SET_NAME, "tsrun:forward");
  const int count = (argc - 2) / 2;
  sys::CloseRange(static_cast<unsigned>(kForwardFirst + count), ~0u, 0);
  std::vector<Listener> listeners(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    Listener& listener = listeners[static_cast<size_t>(i)];
    listener.socket = kForwardFirst + i;
    if (!Parse(argv[2 + 2 * i], argv[3 + 2 * i], listener)) return 64;
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(listener.socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return 71;
    listener.is_stream = type == SOCK_STREAM;
  }
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  // What is written to a connection that has gone is an error, not a signal.
  signal(SIGPIPE, SIG_IGN);
  if (epoll < 0 || !ConfineForwarder()) return 71;
  return Forwarder(std::move(listeners), epoll).Run();
}

}  // namespace tsrun

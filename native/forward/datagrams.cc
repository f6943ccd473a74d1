#include "forward/datagrams.h"

#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace tsrun {
namespace {

// nf_conntrack_udp_timeout and nf_conntrack_udp_timeout_stream, nf_conntrack-sysctl.rst.
constexpr uint64_t kUnanswered = 30'000, kAnswered = 120'000;
constexpr int kBetweenLooks = 10'000;
// Each has a socket. Whoever comes then takes the place of the one that has been silent for
// longest.
constexpr int kMost = 1024;
// At a time: others wait too.
constexpr int kTurns = 64;

// The largest that there is.
char bytes[65536];

uint64_t Now() {
  struct timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace

void Datagrams::Take(int listener, int socket, const struct sockaddr* address, unsigned size) {
  for (int turn = 0; turn < kTurns; ++turn) {
    struct sockaddr_in6 from = {};
    socklen_t from_size = sizeof from;
    const ssize_t got = recvfrom(socket, bytes, sizeof bytes, 0,
                                 reinterpret_cast<struct sockaddr*>(&from), &from_size);
    if (got < 0) return;
    Asker* asker = Find(listener, from);
    if (asker == nullptr) asker = Begin(listener, from, address, size);
    if (asker == nullptr) continue;
    asker->last = Now();
    ToFront(asker);
    // That nobody took the one before is told instead of sending this one.
    if (send(asker->far.get(), bytes, static_cast<size_t>(got), 0) < 0 && errno == ECONNREFUSED)
      send(asker->far.get(), bytes, static_cast<size_t>(got), 0);
  }
}

void Datagrams::Answer(Asker* asker, int socket) {
  for (int turn = 0; turn < kTurns; ++turn) {
    const ssize_t got = recv(asker->far.get(), bytes, sizeof bytes, 0);
    // Nobody listens there: whoever asked hears nothing, as behind any other router.
    if (got < 0) return;
    asker->last = Now();
    asker->answered = true;
    sendto(socket, bytes, static_cast<size_t>(got), 0,
           reinterpret_cast<const struct sockaddr*>(&asker->address), sizeof asker->address);
  }
}

void Datagrams::Forget(int listener) {
  for (Asker* each = first_; each != nullptr;) {
    Asker* next = each->next;
    if (each->listener == listener) End(each);
    each = next;
  }
}

int Datagrams::Sweep() {
  if (first_ == nullptr) return -1;
  const uint64_t now = Now();
  if (now - swept_ >= kBetweenLooks) {
    swept_ = now;
    for (Asker* each = first_; each != nullptr;) {
      Asker* next = each->next;
      if (now - each->last > (each->answered ? kAnswered : kUnanswered)) End(each);
      each = next;
    }
  }
  return first_ == nullptr ? -1 : static_cast<int>(swept_ + kBetweenLooks - now);
}

void Datagrams::Clear() {
  while (over_ != nullptr) {
    Asker* next = over_->next;
    delete over_;
    over_ = next;
  }
}

Asker* Datagrams::Find(int listener, const struct sockaddr_in6& from) {
  for (Asker* each = first_; each != nullptr; each = each->next) {
    if (each->address.sin6_port == from.sin6_port && each->listener == listener &&
        memcmp(&each->address.sin6_addr, &from.sin6_addr, sizeof from.sin6_addr) == 0) {
      return each;
    }
  }
  return nullptr;
}

Asker* Datagrams::Begin(int listener, const struct sockaddr_in6& from,
                        const struct sockaddr* address, unsigned size) {
  if (count_ >= kMost) {
    Asker* last = first_;
    while (last->next != nullptr) last = last->next;
    End(last);
  }
  auto* asker = new Asker;
  asker->asker = asker;
  asker->listener = listener;
  asker->address = from;
  asker->far = Fd(socket(address->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  struct epoll_event event = {};
  event.events = EPOLLIN;
  event.data.ptr = static_cast<Watched*>(asker);
  if (!asker->far.valid() || connect(asker->far.get(), address, size) != 0 ||
      epoll_ctl(epoll_, EPOLL_CTL_ADD, asker->far.get(), &event) != 0) {
    delete asker;
    return nullptr;
  }
  asker->link = &first_;
  asker->next = first_;
  if (first_ != nullptr) first_->link = &asker->next;
  first_ = asker;
  ++count_;
  return asker;
}

void Datagrams::ToFront(Asker* asker) {
  if (first_ == asker) return;
  *asker->link = asker->next;
  if (asker->next != nullptr) asker->next->link = asker->link;
  asker->link = &first_;
  asker->next = first_;
  first_->link = &asker->next;
  first_ = asker;
}

void Datagrams::End(Asker* asker) {
  *asker->link = asker->next;
  if (asker->next != nullptr) asker->next->link = asker->link;
  asker->far.Close();
  asker->next = over_;
  over_ = asker;
  --count_;
}

}  // namespace tsrun

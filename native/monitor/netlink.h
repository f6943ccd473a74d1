// rtnetlink(7): requests under construction, and their answers.
#ifndef TSRUN_MONITOR_NETLINK_H_
#define TSRUN_MONITOR_NETLINK_H_

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "monitor/monitor.h"
#include "sys/fd.h"

namespace tsrun {

// A request under construction: header, body, attributes.
class NetlinkRequest {
 public:
  template <class Body>
  NetlinkRequest(uint16_t type, uint16_t flags, const Body& body) {
    struct nlmsghdr head = {};
    head.nlmsg_type = type;
    head.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
    Append(&head, sizeof head);
    Append(&body, sizeof body);
  }
  void Attribute(uint16_t type, const void* data, size_t size) {
    const struct rtattr head = {static_cast<uint16_t>(RTA_LENGTH(size)), type};
    Append(&head, sizeof head);
    Append(data, size);
  }
  // Attributes up to the matching End lie inside of this one.
  size_t Begin(uint16_t type) {
    const size_t at = bytes_.size();
    const struct rtattr head = {0, type};
    Append(&head, sizeof head);
    return at;
  }
  // What stands at the head of a nested attribute and is no attribute itself.
  template <class Body>
  void Put(const Body& body) {
    Append(&body, sizeof body);
  }
  void End(size_t at) {
    const uint16_t size = static_cast<uint16_t>(bytes_.size() - at);
    memcpy(bytes_.data() + at, &size, sizeof size);  // rta_len stands first
  }
  bool Send(int socket) {
    const uint32_t size = static_cast<uint32_t>(bytes_.size());
    memcpy(bytes_.data(), &size, sizeof size);  // nlmsg_len stands first
    return send(socket, bytes_.data(), bytes_.size(), 0) == static_cast<ssize_t>(bytes_.size());
  }

 private:
  void Append(const void* data, size_t size) {
    const size_t at = bytes_.size();
    bytes_.resize(NLMSG_ALIGN(at + size));
    memcpy(bytes_.data() + at, data, size);
  }
  std::vector<uint8_t> bytes_;
};

// Each answer of a dump to `take`, or the acknowledgement of a change. 0 or errno.
template <class Take>
int Answers(int socket, Take take) {
  alignas(struct nlmsghdr) static char buffer[64 * 1024];
  for (;;) {
    const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    size_t left = static_cast<size_t>(got);
    for (auto* head = reinterpret_cast<struct nlmsghdr*>(buffer); NLMSG_OK(head, left);
         head = NLMSG_NEXT(head, left)) {
      if (head->nlmsg_type == NLMSG_DONE) return 0;
      if (head->nlmsg_type == NLMSG_ERROR) {
        if (head->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))) return EPROTO;
        return -static_cast<const struct nlmsgerr*>(NLMSG_DATA(head))->error;
      }
      take(head);
    }
  }
}

// Sends a change and waits for its acknowledgement. 0 or errno.
int Change(int socket, NetlinkRequest& request);

// Where a message of the kernel's has its attributes: each checked to lie inside.
template <class Body, class Take>
void EachAttribute(const struct nlmsghdr* head, Take take) {
  if (head->nlmsg_len < NLMSG_LENGTH(sizeof(Body))) return;
  size_t left = head->nlmsg_len - NLMSG_LENGTH(sizeof(Body));
  const auto* at = reinterpret_cast<const struct rtattr*>(
      static_cast<const char*>(NLMSG_DATA(head)) + NLMSG_ALIGN(sizeof(Body)));
  for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) take(at);
}

// IFF_UP. 0 or errno.
int BringUp(int socket, int index);

// The errno as what the call failed with.
int FailedWith(Monitor& monitor, Op op, int err);

// Sockets of both sides, and the network namespace of PID 1.
struct NetlinkSides {
  Fd space;
  Fd here;
  Fd there;
};

// Failed already when it is not 0.
int OpenSides(Monitor& monitor, NetlinkSides* sides);

}  // namespace tsrun

#endif  // TSRUN_MONITOR_NETLINK_H_

#include "monitor/netlink.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>

#include <cstdio>

#include "sys/netlink_socket.h"

namespace tsrun {

int Change(int socket, NetlinkRequest& request) {
  if (!request.Send(socket)) return errno;
  return Answers(socket, [](const struct nlmsghdr*) {});
}

int BringUp(int socket, int index) {
  struct ifinfomsg body = {};
  body.ifi_index = index;
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK, body);
  return Change(socket, request);
}

int FailedWith(Monitor& monitor, Op op, int err) {
  errno = err;
  return Failed(monitor.context, op);
}

namespace {

Fd OpenNetlink() { return Fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)); }

// A socket belongs to the namespace that it was made in.
int OpenThere(Monitor& monitor, int space, Fd* socket) {
  Fd own(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!own.valid()) return Failed(monitor.context, Op::kOpen);
  if (setns(space, CLONE_NEWNET) != 0) return Failed(monitor.context, Op::kSetns);
  *socket = OpenNetlink();
  const int err = errno;
  if (setns(own.get(), CLONE_NEWNET) != 0) return Failed(monitor.context, Op::kSetns);
  return socket->valid() ? 0 : FailedWith(monitor, Op::kSocket, err);
}

// Both belong to user namespaces below this one.
int OpenBelow(Monitor& monitor, NetlinkSides* sides) {
  int err = OpenNetlinkIn(monitor.anchor_users.get(), monitor.anchor_network.get(), NETLINK_ROUTE,
                          &sides->here);
  if (err != 0) return FailedWith(monitor, Op::kSetns, err);
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/ns/user", static_cast<int>(monitor.child));
  const Fd users(open(path, O_RDONLY | O_CLOEXEC));
  if (!users.valid()) return Failed(monitor.context, Op::kOpen);
  err = OpenNetlinkIn(users.get(), sides->space.get(), NETLINK_ROUTE, &sides->there);
  return err == 0 ? 0 : FailedWith(monitor, Op::kSetns, err);
}

}  // namespace

int OpenSides(Monitor& monitor, NetlinkSides* sides) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/ns/net", static_cast<int>(monitor.child));
  sides->space = Fd(open(path, O_RDONLY | O_CLOEXEC));
  if (!sides->space.valid()) return Failed(monitor.context, Op::kOpen);
  if (monitor.anchor_network.valid()) return OpenBelow(monitor, sides);
  sides->here = OpenNetlink();
  if (!sides->here.valid()) return Failed(monitor.context, Op::kSocket);
  return OpenThere(monitor, sides->space.get(), &sides->there);
}

}  // namespace tsrun

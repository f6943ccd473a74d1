// An interface of the container's on the wire of one of the host's, with an address of its own:
// macvlan, drivers/net/macvlan.c of the kernel. It is made where it stays, so nothing of it is ever
// among the host's interfaces, and it goes with the container's network namespace.
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cerrno>

#include "monitor/monitor.h"
#include "monitor/net_interface.h"
#include "monitor/netlink.h"

namespace tsrun {
namespace {

// The kernel's numbers are flags, of which one is set.
uint32_t ModeOf(MacvlanMode mode) {
  switch (mode) {
    case MacvlanMode::kPrivate:
      return MACVLAN_MODE_PRIVATE;
    case MacvlanMode::kVepa:
      return MACVLAN_MODE_VEPA;
    case MacvlanMode::kBridge:
      return MACVLAN_MODE_BRIDGE;
    case MacvlanMode::kPassthru:
      return MACVLAN_MODE_PASSTHRU;
  }
  return MACVLAN_MODE_PRIVATE;
}

int Make(int socket, const Macvlan& step, uint32_t parent, int space) {
  NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  NameIs(request, step.name);
  request.Attribute(IFLA_MTU, &step.mtu, sizeof step.mtu);
  request.Attribute(IFLA_ADDRESS, step.mac.data, step.mac.size);
  request.Attribute(IFLA_LINK, &parent, sizeof parent);
  const uint32_t fd = static_cast<uint32_t>(space);
  request.Attribute(IFLA_NET_NS_FD, &fd, sizeof fd);
  const size_t info = request.Begin(IFLA_LINKINFO);
  request.Attribute(IFLA_INFO_KIND, "macvlan", 7);
  const size_t data = request.Begin(IFLA_INFO_DATA);
  const uint32_t mode = ModeOf(step.mode);
  request.Attribute(IFLA_MACVLAN_MODE, &mode, sizeof mode);
  request.End(data);
  request.End(info);
  return Change(socket, request);
}

}  // namespace

int Perform(Monitor& monitor, const Macvlan& step) {
  NetlinkSides sides;
  int err = OpenSides(monitor, &sides);
  if (err != 0) return err;
  const auto& [space, here, there] = sides;
  const uint32_t parent = IndexOf(here.get(), step.parent);
  if (parent == 0) return FailedWith(monitor, Op::kFindInterface, ENODEV);
  err = Make(here.get(), step, parent, space.get());
  if (err != 0) return FailedWith(monitor, Op::kMakeInterface, err);
  return SetUpInside(monitor, there.get(), step.name, step.addresses, step.gateways);
}

}  // namespace tsrun

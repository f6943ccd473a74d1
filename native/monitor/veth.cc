// A pair of virtual Ethernet devices, veth(4): one end is a port of a bridge, the other the
// container's, with addresses and routes.
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <cerrno>
#include <cstring>

#include "monitor/monitor.h"
#include "monitor/net_interface.h"
#include "monitor/netlink.h"

namespace tsrun {
namespace {

// Both ends at once, each in its place: nothing is left of a pair when it fails. Only the end here
// can be up from the start: the other one has no peer yet when its flags are set (ENOTCONN).
int MakePair(int socket, const Veth& step, uint32_t bridge, int space) {
  struct ifinfomsg end = {};
  end.ifi_flags = IFF_UP;
  end.ifi_change = IFF_UP;
  NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, end);
  NameIs(request, step.host_name);
  request.Attribute(IFLA_MTU, &step.mtu, sizeof step.mtu);
  request.Attribute(IFLA_MASTER, &bridge, sizeof bridge);
  const size_t info = request.Begin(IFLA_LINKINFO);
  request.Attribute(IFLA_INFO_KIND, "veth", 4);
  const size_t data = request.Begin(IFLA_INFO_DATA);
  const size_t peer = request.Begin(VETH_INFO_PEER);
  request.Put(ifinfomsg{});
  NameIs(request, step.name);
  request.Attribute(IFLA_MTU, &step.mtu, sizeof step.mtu);
  request.Attribute(IFLA_ADDRESS, step.mac.data, step.mac.size);
  const uint32_t fd = static_cast<uint32_t>(space);
  request.Attribute(IFLA_NET_NS_FD, &fd, sizeof fd);
  request.End(peer);
  request.End(data);
  request.End(info);
  return Change(socket, request);
}

}  // namespace

int Perform(Monitor& monitor, const Veth& step) {
  NetlinkSides sides;
  int err = OpenSides(monitor, &sides);
  if (err != 0) return err;
  const auto& [space, here, there] = sides;
  const uint32_t bridge = IndexOf(here.get(), step.bridge);
  if (bridge == 0) return FailedWith(monitor, Op::kFindInterface, ENODEV);
  err = MakePair(here.get(), step, bridge, space.get());
  if (err != 0) return FailedWith(monitor, Op::kMakeInterface, err);
  return SetUpInside(monitor, there.get(), step.name, step.addresses, step.gateways);
}

}  // namespace tsrun

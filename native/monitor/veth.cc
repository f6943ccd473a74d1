// A pair of virtual Ethernet devices, veth(4): one end is a port of a bridge, the other the
// container's, with addresses and routes.
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <cerrno>
#include <cstring>

#include "monitor/monitor.h"
#include "monitor/netlink.h"

namespace tsrun {
namespace {

void Name(NetlinkRequest& request, Str name) {
  request.Attribute(IFLA_IFNAME, name, strlen(name) + 1);
}

// Both ends at once, each in its place: nothing is left of a pair when it fails. Only the end here
// can be up from the start: the other one has no peer yet when its flags are set (ENOTCONN).
int MakePair(int socket, const Veth& step, uint32_t bridge, int space) {
  struct ifinfomsg end = {};
  end.ifi_flags = IFF_UP;
  end.ifi_change = IFF_UP;
  NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, end);
  Name(request, step.host_name);
  request.Attribute(IFLA_MTU, &step.mtu, sizeof step.mtu);
  request.Attribute(IFLA_MASTER, &bridge, sizeof bridge);
  const size_t info = request.Begin(IFLA_LINKINFO);
  request.Attribute(IFLA_INFO_KIND, "veth", 4);
  const size_t data = request.Begin(IFLA_INFO_DATA);
  const size_t peer = request.Begin(VETH_INFO_PEER);
  request.Put(ifinfomsg{});
  Name(request, step.name);
  request.Attribute(IFLA_MTU, &step.mtu, sizeof step.mtu);
  request.Attribute(IFLA_ADDRESS, step.mac.data, step.mac.size);
  const uint32_t fd = static_cast<uint32_t>(space);
  request.Attribute(IFLA_NET_NS_FD, &fd, sizeof fd);
  request.End(peer);
  request.End(data);
  request.End(info);
  return Change(socket, request);
}

// 0: there is none of that name.
uint32_t IndexOf(int socket, Str name) {
  const struct ifinfomsg any = {};
  NetlinkRequest request(RTM_GETLINK, NLM_F_ACK, any);
  Name(request, name);
  if (!request.Send(socket)) return 0;
  uint32_t index = 0;
  const int err = Answers(socket, [&index](const struct nlmsghdr* head) {
    if (head->nlmsg_type == RTM_NEWLINK && head->nlmsg_len >= NLMSG_LENGTH(sizeof(ifinfomsg)))
      index =
          static_cast<uint32_t>(static_cast<const struct ifinfomsg*>(NLMSG_DATA(head))->ifi_index);
  });
  return err == 0 ? index : 0;
}

uint8_t FamilyOf(const Bytes& address) { return address.size == 4 ? AF_INET : AF_INET6; }

int AddAddress(int socket, uint32_t index, const InterfaceAddress& address) {
  struct ifaddrmsg body = {};
  body.ifa_family = FamilyOf(address.address);
  body.ifa_prefixlen = address.prefix;
  // Whether it is free is known already; waiting for an answer would take a second.
  body.ifa_flags = body.ifa_family == AF_INET6 ? IFA_F_NODAD : 0;
  body.ifa_index = index;
  NetlinkRequest request(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, body);
  request.Attribute(IFA_LOCAL, address.address.data, address.address.size);
  request.Attribute(IFA_ADDRESS, address.address.data, address.address.size);
  return Change(socket, request);
}

int AddDefaultRoute(int socket, uint32_t index, const Bytes& gateway) {
  struct rtmsg body = {};
  body.rtm_family = FamilyOf(gateway);
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_BOOT;
  body.rtm_scope = RT_SCOPE_UNIVERSE;
  body.rtm_type = RTN_UNICAST;
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, body);
  request.Attribute(RTA_GATEWAY, gateway.data, gateway.size);
  request.Attribute(RTA_OIF, &index, sizeof index);
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
  const uint32_t index = IndexOf(there.get(), step.name);
  if (index == 0) return FailedWith(monitor, Op::kFindInterface, ENODEV);
  err = BringUp(there.get(), static_cast<int>(index));
  if (err != 0) return FailedWith(monitor, Op::kSetLinkUp, err);
  for (const InterfaceAddress& address : step.addresses) {
    err = AddAddress(there.get(), index, address);
    if (err != 0) return FailedWith(monitor, Op::kSetAddress, err);
  }
  for (const Bytes& gateway : step.gateways) {
    err = AddDefaultRoute(there.get(), index, gateway);
    if (err != 0) return FailedWith(monitor, Op::kAddRoute, err);
  }
  return 0;
}

}  // namespace tsrun

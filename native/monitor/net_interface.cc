#include "monitor/net_interface.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cerrno>
#include <cstring>

namespace tsrun {

void NameIs(NetlinkRequest& request, Str name) {
  request.Attribute(IFLA_IFNAME, name, strlen(name) + 1);
}

uint32_t IndexOf(int socket, Str name) {
  const struct ifinfomsg any = {};
  NetlinkRequest request(RTM_GETLINK, NLM_F_ACK, any);
  NameIs(request, name);
  if (!request.Send(socket)) return 0;
  uint32_t index = 0;
  const int err = Answers(socket, [&index](const struct nlmsghdr* head) {
    if (head->nlmsg_type == RTM_NEWLINK && head->nlmsg_len >= NLMSG_LENGTH(sizeof(ifinfomsg)))
      index =
          static_cast<uint32_t>(static_cast<const struct ifinfomsg*>(NLMSG_DATA(head))->ifi_index);
  });
  return err == 0 ? index : 0;
}

namespace {

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

int SetUpInside(Monitor& monitor, int there, Str name,
                const std::vector<InterfaceAddress>& addresses,
                const std::vector<Bytes>& gateways) {
  const uint32_t index = IndexOf(there, name);
  if (index == 0) return FailedWith(monitor, Op::kFindInterface, ENODEV);
  int err = BringUp(there, static_cast<int>(index));
  if (err != 0) return FailedWith(monitor, Op::kSetLinkUp, err);
  for (const InterfaceAddress& address : addresses) {
    err = AddAddress(there, index, address);
    if (err != 0) return FailedWith(monitor, Op::kSetAddress, err);
  }
  for (const Bytes& gateway : gateways) {
    err = AddDefaultRoute(there, index, gateway);
    if (err != 0) return FailedWith(monitor, Op::kAddRoute, err);
  }
  return 0;
}

}  // namespace tsrun

// A network interface of the host becomes the container's: rtnetlink(7). The kernel takes addresses
// off an interface that changes its namespace and sets it down, so both are done again there.
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <vector>

#include "monitor/monitor.h"
#include "monitor/netlink.h"

namespace tsrun {
namespace {

struct Address {
  struct ifaddrmsg head;
  std::vector<std::vector<uint8_t>> values;
  std::vector<uint16_t> types;
  uint32_t flags;
};

// Those that somebody has set for good and for everywhere (runtime-spec config-linux.md,
// netDevices): what the kernel makes up itself, such as link-local ones, it makes up again.
int ReadAddresses(int socket, int index, std::vector<Address>* found) {
  const struct ifaddrmsg all = {};
  NetlinkRequest request(RTM_GETADDR, NLM_F_DUMP, all);
  if (!request.Send(socket)) return errno;
  return Answers(socket, [index, found](const struct nlmsghdr* head) {
    if (head->nlmsg_type != RTM_NEWADDR || head->nlmsg_len < NLMSG_LENGTH(sizeof(ifaddrmsg)))
      return;
    Address address = {};
    memcpy(&address.head, NLMSG_DATA(head), sizeof address.head);
    if (static_cast<int>(address.head.ifa_index) != index) return;
    address.flags = address.head.ifa_flags;
    EachAttribute<struct ifaddrmsg>(head, [&address](const struct rtattr* at) {
      const auto* data = static_cast<const uint8_t*>(RTA_DATA(at));
      if (at->rta_type == IFA_FLAGS && RTA_PAYLOAD(at) >= sizeof address.flags)
        memcpy(&address.flags, data, sizeof address.flags);
      // The label is made of the interface's name, which may change.
      if (at->rta_type != IFA_LOCAL && at->rta_type != IFA_ADDRESS &&
          at->rta_type != IFA_BROADCAST) {
        return;
      }
      address.types.push_back(at->rta_type);
      address.values.emplace_back(data, data + RTA_PAYLOAD(at));
    });
    if (address.head.ifa_scope == RT_SCOPE_UNIVERSE && (address.flags & IFA_F_PERMANENT) != 0)
      found->push_back(address);
  });
}

// EEXIST when one of them has that name.
int ReadIndexes(int socket, const char* name, std::set<int>* found) {
  const struct ifinfomsg all = {};
  NetlinkRequest request(RTM_GETLINK, NLM_F_DUMP, all);
  if (!request.Send(socket)) return errno;
  bool taken = false;
  const int err = Answers(socket, [found, name, &taken](const struct nlmsghdr* head) {
    if (head->nlmsg_type != RTM_NEWLINK || head->nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg)))
      return;
    found->insert(static_cast<const struct ifinfomsg*>(NLMSG_DATA(head))->ifi_index);
    EachAttribute<struct ifinfomsg>(head, [name, &taken](const struct rtattr* at) {
      const size_t size = strlen(name) + 1;
      if (at->rta_type == IFLA_IFNAME && RTA_PAYLOAD(at) >= size &&
          memcmp(RTA_DATA(at), name, size) == 0) {
        taken = true;
      }
    });
  });
  if (err != 0) return err;
  return taken ? EEXIST : 0;
}

int Move(int socket, int index, int target, const char* name) {
  struct ifinfomsg body = {};
  body.ifi_index = index;
  NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK, body);
  const uint32_t fd = static_cast<uint32_t>(target);
  request.Attribute(IFLA_NET_NS_FD, &fd, sizeof fd);
  request.Attribute(IFLA_IFNAME, name, strlen(name) + 1);
  return Change(socket, request);
}

int AddAddress(int socket, int index, const Address& address) {
  struct ifaddrmsg body = address.head;
  body.ifa_index = static_cast<uint32_t>(index);
  body.ifa_flags = 0;
  NetlinkRequest request(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, body);
  for (size_t i = 0; i < address.types.size(); ++i)
    request.Attribute(address.types[i], address.values[i].data(), address.values[i].size());
  // The others tell of a state, which begins anew.
  const uint32_t flags = address.flags & (IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_NOPREFIXROUTE |
                                          IFA_F_MANAGETEMPADDR | IFA_F_MCAUTOJOIN);
  request.Attribute(IFA_FLAGS, &flags, sizeof flags);
  return Change(socket, request);
}

}  // namespace

int Perform(Monitor& monitor, const NetDevice& step) {
  NetlinkSides sides;
  int err = OpenSides(monitor, &sides);
  if (err != 0) return err;
  const auto& [space, here, there] = sides;

  const int index = static_cast<int>(if_nametoindex(step.device));
  if (index == 0) return Failed(monitor.context, Op::kFindInterface);
  std::vector<Address> addresses;
  err = ReadAddresses(here.get(), index, &addresses);
  if (err != 0) return FailedWith(monitor, Op::kReadAddresses, err);
  // The number may be taken there and the name be a template: what is new there is the interface.
  std::set<int> before, after;
  // And the kernel would move it before it finds that the new name is taken.
  err = ReadIndexes(there.get(), step.name, &before);
  if (err != 0) return FailedWith(monitor, Op::kFindInterface, err);
  err = Move(here.get(), index, space.get(), step.name);
  if (err != 0) return FailedWith(monitor, Op::kMoveInterface, err);
  err = ReadIndexes(there.get(), "", &after);
  for (const int each : before) after.erase(each);
  if (err != 0 || after.size() != 1)
    return FailedWith(monitor, Op::kFindInterface, err != 0 ? err : ENODEV);
  for (const Address& address : addresses) {
    err = AddAddress(there.get(), *after.begin(), address);
    if (err != 0) return FailedWith(monitor, Op::kSetAddress, err);
  }
  err = BringUp(there.get(), *after.begin());
  return err == 0 ? 0 : FailedWith(monitor, Op::kSetLinkUp, err);
}

}  // namespace tsrun

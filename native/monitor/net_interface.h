// An interface that was made in the container's network namespace: up, with addresses and routes.
#ifndef TSRUN_MONITOR_NET_INTERFACE_H_
#define TSRUN_MONITOR_NET_INTERFACE_H_

#include <cstdint>
#include <vector>

#include "monitor/netlink.h"

namespace tsrun {

// IFLA_IFNAME.
void NameIs(NetlinkRequest& request, Str name);

// 0: there is none of that name.
uint32_t IndexOf(int socket, Str name);

// `there` is a socket of the container's network namespace. 0, or failed already.
int SetUpInside(Monitor& monitor, int there, Str name,
                const std::vector<InterfaceAddress>& addresses, const std::vector<Bytes>& gateways);

}  // namespace tsrun

#endif  // TSRUN_MONITOR_NET_INTERFACE_H_

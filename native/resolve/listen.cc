#include "resolve/listen.h"

#include <cerrno>
#include <cstring>

#include "resolve/socket_address.h"

namespace tsrun {
namespace {

constexpr int kWaiting = 16;

int Bind(const SocketAddress& address, const char* bridge, int type, Fd* made) {
  Fd bound(socket(address.storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!bound.valid()) return errno;
  const int on = 1;
  if (setsockopt(bound.get(), SOL_SOCKET, SO_BINDTODEVICE, bridge,
                 static_cast<socklen_t>(strlen(bridge))) != 0)
    return errno;
  setsockopt(bound.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // The kernel still looks whether somebody else has an address of IPv6: it is the bridge's all the
  // same.
  if (address.storage.ss_family == AF_INET6) {
    setsockopt(bound.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    setsockopt(bound.get(), IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on);
  }
  if (bind(bound.get(), address.get(), address.size) != 0) return errno;
  if (type == SOCK_STREAM && listen(bound.get(), kWaiting) != 0) return errno;
  *made = static_cast<Fd&&>(bound);
  return 0;
}

}  // namespace

int Listen(const Address& address, const char* bridge, Listener* listener) {
  const SocketAddress at(address);
  const int err = Bind(at, bridge, SOCK_DGRAM, &listener->udp);
  return err != 0 ? err : Bind(at, bridge, SOCK_STREAM, &listener->tcp);
}

}  // namespace tsrun

// `lo` of a new network namespace is down until somebody brings it up, netdevice(7).
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "init/context.h"
#include "sys/fd.h"

namespace tsrun {

int Perform(InitContext& ctx, const Loopback&) {
  Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return Failed(ctx, Op::kSocket);
  struct ifreq request = {};
  memcpy(request.ifr_name, "lo", 3);
  if (ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return Failed(ctx, Op::kIoctl);
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
  if (ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) return Failed(ctx, Op::kIoctl);
  return 0;
}

}  // namespace tsrun

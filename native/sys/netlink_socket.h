// A netlink(7) socket of a network namespace that belongs to somebody else's user namespace.
#ifndef TSRUN_SYS_NETLINK_SOCKET_H_
#define TSRUN_SYS_NETLINK_SOCKET_H_

#include "sys/fd.h"

namespace tsrun {

// A socket keeps the rights of who made it besides those of who sends: it is made inside, by
// RunInside. `users` and `space` are descriptors of the two namespaces. 0 or an errno.
int OpenNetlinkIn(int users, int space, int protocol, Fd* socket);

}  // namespace tsrun

#endif  // TSRUN_SYS_NETLINK_SOCKET_H_

// A netlink(7) socket of a network namespace that belongs to somebody else's user namespace.
#ifndef TSRUN_SYS_NETLINK_SOCKET_H_
#define TSRUN_SYS_NETLINK_SOCKET_H_

#include "sys/fd.h"

namespace tsrun {

// Who owns a user namespace has every right in it and below, but may enter a network namespace
// there only from inside, setns(2). A socket keeps the rights of who made it besides those of who
// sends: so a process that shares descriptors and memory with this one enters, makes it and ends.
// Works in a process of several threads too. `users` and `space` are descriptors of the two
// namespaces. 0 or an errno.
int OpenNetlinkIn(int users, int space, int protocol, Fd* socket);

}  // namespace tsrun

#endif  // TSRUN_SYS_NETLINK_SOCKET_H_

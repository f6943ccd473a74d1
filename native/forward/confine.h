// Takes everything from the forwarder that passing on bytes does not need.
#ifndef TSRUN_FORWARD_CONFINE_H_
#define TSRUN_FORWARD_CONFINE_H_

namespace tsrun {

// Nobody's ids, no privileges to be had, and a filter of system calls: sockets of IPv4 and IPv6,
// and bytes between them. False: not all of it, and the process must not go on.
bool ConfineForwarder();

}  // namespace tsrun

#endif  // TSRUN_FORWARD_CONFINE_H_

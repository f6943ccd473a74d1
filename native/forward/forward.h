// tsrun-init forward: passes on connections to ::1, which the kernel's rules cannot translate.
#ifndef TSRUN_FORWARD_FORWARD_H_
#define TSRUN_FORWARD_FORWARD_H_

namespace tsrun {

// The descriptors that the monitor hands over, and no others: PID 1 of the container as a pidfd; an
// inotify(7) that watches who holds each port; listening sockets, as many as there are pairs of
// words, the address and the port of the container behind each.
constexpr int kForwardEnd = 0;
constexpr int kForwardClaims = 1;
constexpr int kForwardFirst = 2;

int ForwardMain(int argc, char** argv);

}  // namespace tsrun

#endif  // TSRUN_FORWARD_FORWARD_H_

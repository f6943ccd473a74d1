// The sockets that a network's containers ask at.
#ifndef TSRUN_RESOLVE_LISTEN_H_
#define TSRUN_RESOLVE_LISTEN_H_

#include "resolve/names.h"
#include "sys/fd.h"

namespace tsrun {

struct Listener {
  Fd udp, tcp;
};

// At port 53 of an address, for what comes by this bridge alone. May run after a vfork. 0 or an
// errno.
int Listen(const Address& address, const char* bridge, Listener* listener);

}  // namespace tsrun

#endif  // TSRUN_RESOLVE_LISTEN_H_

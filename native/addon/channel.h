// A SOCK_SEQPACKET connection served by the event loop: to a monitor, or to a created container.
#ifndef TSRUN_ADDON_CHANNEL_H_
#define TSRUN_ADDON_CHANNEL_H_

#include <napi.h>
#include <sys/types.h>

namespace tsrun {

// The object { send, close } for a connected socket, which it owns. `process`: who is at the other
// end, reaped after the connection has ended; -1: no child of ours.
Napi::Object OpenChannel(Napi::Env env, int socket, pid_t process, Napi::Function on_message,
                         Napi::Function on_close);

}  // namespace tsrun

#endif  // TSRUN_ADDON_CHANNEL_H_

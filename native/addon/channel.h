// A SOCK_SEQPACKET connection served by the event loop: to a monitor, or to a created container.
#ifndef TSRUN_ADDON_CHANNEL_H_
#define TSRUN_ADDON_CHANNEL_H_

#include <napi.h>
#include <sys/types.h>

namespace tsrun {

// Who is at the other end of a connection.
struct Process {
  pid_t pid = -1;  // to be reaped; -1: no child of ours
  bool outlives =
      false;  // it goes on when the connection has ended, and is reaped whenever it ends
};

// The object { send, close } for a connected socket, which it owns.
Napi::Object OpenChannel(Napi::Env env, int socket, Process process, Napi::Function on_message,
                         Napi::Function on_close);

}  // namespace tsrun

#endif  // TSRUN_ADDON_CHANNEL_H_

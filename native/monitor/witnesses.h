// Who learns what a container prints without ever making it wait.
#ifndef TSRUN_MONITOR_WITNESSES_H_
#define TSRUN_MONITOR_WITNESSES_H_

#include <cstddef>

#include "monitor/attach.h"
#include "monitor/log.h"

namespace tsrun {

struct Witnesses {
  Log log;
  AttachServer attached;
  void Take(Stream stream, const char* bytes, size_t size) {
    if (size == 0) return;
    log.Append(stream, bytes, size);
    attached.Broadcast(stream, bytes, size);
  }
};

}  // namespace tsrun

#endif  // TSRUN_MONITOR_WITNESSES_H_

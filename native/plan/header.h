// How the monitor runs the plan, decided by TypeScript like everything else:
// src/native/launch-header.ts.
#ifndef TSRUN_PLAN_HEADER_H_
#define TSRUN_PLAN_HEADER_H_

#include <cstdint>
#include <vector>

#include "plan/terms.h"

namespace tsrun {

// How long the monitor lives: with the launcher's connection, or until the container is handed over
// to whoever started the launcher.
enum class Lifetime : uint8_t { kLauncher = 0, kHandover = 1, kOwn = 2 };

// What a container leaves that is kept after its end, and what becomes of it then.
struct Record {
  Str directory;       // absolute; "": the container is not kept, and the rest does not count
  uint64_t log_size;   // bytes after which the log is rotated; 0: nothing is kept
  uint32_t log_files;  // 0: no log, and the outputs are the launcher's own
  // A monitor on its own ends by executing it; none: empty.
  std::vector<Str> epilogue;
  std::vector<Str> epilogue_env;
  bool epilogue_restarts;  // only when the policy of --restart wants it, and after a while
  template <class V>
  void Fields(V& v) {
    v(directory), v(log_size), v(log_files), v(epilogue), v(epilogue_env);
    v(epilogue_restarts);
  }
};

// A volume at one place in the container, of which events tell too.
struct MountedVolume {
  Str name;
  Str attributes;  // of its event `mount`: members of a JSON object
  template <class V>
  void Fields(V& v) {
    v(name), v(attributes);
  }
};

// Where events of the container go: docs/events.md.
struct EventTarget {
  Str file;  // absolute; "": nowhere, and the rest does not count
  Str id;
  Str attributes;  // members of a JSON object
  std::vector<MountedVolume> volumes;
  template <class V>
  void Fields(V& v) {
    v(file), v(id), v(attributes), v(volumes);
  }
};

// Where a container without a terminal has its standard input from.
enum class InputSource : uint8_t {
  kLauncher = 0,  // the descriptor 0 that the monitor was given
  kAttached = 1,  // whoever attaches; it stays open
  kOnce = 2,      // whoever attaches; it ends with the first one's
};

enum class OnUnhealthy : uint8_t { kNothing = 0, kKill = 1, kRestart = 2 };

// How the monitor of a kept container finds out how it is; the plan of the check itself is the file
// `health-plan` in its directory. Times are milliseconds.
struct Health {
  uint32_t interval;  // 0: there is no check, and the rest does not count
  uint32_t timeout, retries, start_period, start_interval;
  OnUnhealthy on_unhealthy;
  uint32_t stop_signal, stop_timeout;
  template <class V>
  void Fields(V& v) {
    v(interval), v(timeout), v(retries), v(start_period), v(start_interval), v(on_unhealthy);
    v(stop_signal), v(stop_timeout);
  }
};

struct Header {
  bool report_progress;  // a message per finished step (--explain)
  Lifetime lifetime;
  bool relay_terminal;  // the monitor relays between the console's master and its own fds 0 and 1
  Str kill_cgroup;  // cgroup.kill of this directory ends the container; "": only PID 1 is killed
  InputSource input;
  Str detach_keys;  // of the launcher's terminal; "": there are none
  Record record;
  EventTarget events;
  Health health;
  template <class V>
  void Fields(V& v) {
    v(report_progress), v(lifetime), v(relay_terminal), v(kill_cgroup), v(input), v(detach_keys),
        v(record), v(events), v(health);
  }
};

}  // namespace tsrun

#endif  // TSRUN_PLAN_HEADER_H_

// The file `state` of a container: docs/oci.md describes it, src/container/state/state-file.ts is
// the other reader and the only writer.
#ifndef TSRUN_OCI_STATE_FILE_H_
#define TSRUN_OCI_STATE_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace tsrun::oci {

struct StateFile {
  std::string id;
  pid_t pid = 0;
  uint64_t start_time = 0;  // clock ticks after boot, proc_pid_stat(5)
  std::string cgroup;       // empty: none of its own
  bool scope = false;       // that group is a scope of systemd's
  bool own_pid_namespace = false;
  bool poststart = false;
  bool poststop = false;
  std::string json_before;  // lines of the state's JSON before pid and status
  std::string json_after;   // and behind them
};

// Strict: every line in its place. False: `why` says what is wrong.
bool ParseStateFile(const std::string& text, StateFile* state, std::string* why);

}  // namespace tsrun::oci

#endif  // TSRUN_OCI_STATE_FILE_H_

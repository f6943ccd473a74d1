// uid_map and gid_map of a process in a new user namespace, user_namespaces(7).
#ifndef TSRUN_SYS_ID_MAP_H_
#define TSRUN_SYS_ID_MAP_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "sys/fd.h"

namespace tsrun {

struct IdMapLine {
  uint32_t container;
  uint32_t host;
  uint32_t size;
};

// Values cross the plan codec as bytes: keep in step with src/native/step-fields/monitor.ts.
enum class IdMapWriter : uint8_t {
  kDirect = 0,    // this process may write any map (CAP_SETUID in the parent namespace)
  kNewidmap = 1,  // by newuidmap and newgidmap, from /etc/subuid and /etc/subgid
  kSingle = 2,    // one id, its own; setgroups denied first as the kernel demands
};

// Writes both maps of `pid`. Runs in the parent, may fork (newuidmap). Returns 0 or an errno;
// EPERM with kNewidmap: the setuid program refused.
int WriteIdMaps(pid_t pid, IdMapWriter writer, const IdMapLine* uids, size_t uid_count,
                const IdMapLine* gids, size_t gid_count);

// What making a user namespace failed at.
enum class UsersStep { kClone, kMaps, kOpen };

// A user namespace with these maps that no process is in, for mount_setattr(2). Written by this
// process itself. 0 or an errno, and `at`.
int MakeUsers(const IdMapLine* uids, size_t uid_count, const IdMapLine* gids, size_t gid_count,
              Fd* users, UsersStep* at);

}  // namespace tsrun

#endif  // TSRUN_SYS_ID_MAP_H_

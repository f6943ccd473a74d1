// Trees of the host, copied with the launcher's rights, and their ids mapped.
#include <fcntl.h>

#include <cerrno>
#include <vector>

#include "monitor/monitor.h"
#include "sys/id_map.h"
#include "sys/open_below.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

std::vector<IdMapLine> Lines(const std::vector<IdMapEntry>& entries) {
  std::vector<IdMapLine> lines;
  for (const auto& entry : entries) lines.push_back({entry.container, entry.host, entry.size});
  return lines;
}

int MakeUsers(Monitor& monitor, const OpenTree& step, Fd* users) {
  const auto uids = Lines(step.uids);
  const auto gids = Lines(step.gids);
  UsersStep at;
  errno = MakeUsers(uids.data(), uids.size(), gids.data(), gids.size(), users, &at);
  if (errno == 0) return 0;
  return Failed(monitor.context, at == UsersStep::kClone  ? Op::kClone
                                 : at == UsersStep::kMaps ? Op::kIdMap
                                                          : Op::kOpen);
}

int MapIds(Monitor& monitor, const OpenTree& step, int tree) {
  Fd users;
  if (step.users[0] != 0) {
    users = Fd(open(step.users, O_RDONLY | O_CLOEXEC));
    if (!users.valid()) return Failed(monitor.context, Op::kOpen);
  } else {
    const int err = MakeUsers(monitor, step, &users);
    if (err != 0) return err;
  }
  struct mount_attr attr = {};
  attr.attr_set = MOUNT_ATTR_IDMAP;
  attr.userns_fd = static_cast<uint64_t>(users.get());
  const unsigned reach = step.id_map_reach == Reach::kTree ? AT_RECURSIVE : 0;
  if (sys::MountSetattr(tree, reach, &attr) != 0) return Failed(monitor.context, Op::kSetIdMap);
  return 0;
}

}  // namespace

int Perform(Monitor& monitor, const OpenTree& step) {
  if (step.slot >= kMaxSlots) {
    errno = EMFILE;
    return Failed(monitor.context, Op::kOpenTree);
  }
  const unsigned reach = step.reach == Reach::kTree ? AT_RECURSIVE : 0;
  Fd tree(OpenTreeBelow(step.source, step.subpath, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | reach));
  if (!tree.valid()) return Failed(monitor.context, Op::kOpenTree);
  const int err = step.id_mapped ? MapIds(monitor, step, tree.get()) : 0;
  if (err == 0) monitor.context.slots[step.slot] = tree.Release();
  return err;
}

}  // namespace tsrun

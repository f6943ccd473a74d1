// Trees of the host, copied with the launcher's rights, and their ids mapped.
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
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

// A mount can be copied in its own namespace alone (EINVAL), and whoever goes there loses its root
// and working directory: so a process goes, and sends back what it has opened. Gives an errno.
int OpenThere(Monitor& monitor, const OpenTree& step, unsigned flags, Fd* tree) {
  InitContext& ctx = monitor.context;
  const Fd space(open(step.space, O_RDONLY | O_CLOEXEC));
  if (!space.valid()) return Failed(ctx, Op::kOpen);
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return Failed(ctx, Op::kSocket);
  const Fd reports(pair[0]);
  Fd report(pair[1]);
  struct clone_args args = {};
  args.exit_signal = SIGCHLD;
  const pid_t child = sys::Clone3(&args);
  if (child < 0) return Failed(ctx, Op::kClone);
  if (child == 0) {
    Op op = Op::kSetns;
    int opened = -1;
    if (setns(space.get(), CLONE_NEWNS) == 0) {
      op = Op::kOpenTree;
      opened = OpenTreeBelow(step.source, step.subpath, flags);
    }
    const int err = opened < 0 ? errno : 0;
    SendMessage(report.get(), {MessageType::kStepDone, ctx.step, err, op, 0, 0}, opened);
    _exit(0);
  }
  report.Close();
  Message message = {};
  int fd = -1;
  const int size = ReceivePacket(reports.get(), &message, sizeof message, &fd);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  *tree = Fd(fd);
  ctx.op = size < static_cast<int>(sizeof message) ? Op::kPeerGone : message.op;
  if (size < static_cast<int>(sizeof message)) return ESRCH;
  return message.err != 0 || fd >= 0 ? message.err : EPROTO;
}

}  // namespace

int Perform(Monitor& monitor, const OpenTree& step) {
  if (step.slot >= kMaxSlots) {
    errno = EMFILE;
    return Failed(monitor.context, Op::kOpenTree);
  }
  const unsigned reach = step.reach == Reach::kTree ? AT_RECURSIVE : 0;
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | reach;
  Fd tree;
  if (step.space[0] != 0) {
    const int err = OpenThere(monitor, step, flags, &tree);
    if (err != 0) return err;
  } else {
    tree = Fd(OpenTreeBelow(step.source, step.subpath, flags));
    if (!tree.valid()) return Failed(monitor.context, Op::kOpenTree);
  }
  const int err = step.id_mapped ? MapIds(monitor, step, tree.get()) : 0;
  if (err == 0) monitor.context.slots[step.slot] = tree.Release();
  return err;
}

}  // namespace tsrun

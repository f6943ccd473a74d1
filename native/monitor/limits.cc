// What a parent sets on the waiting child: id maps, room for its rlimits, the OOM score.
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "monitor/monitor.h"
#include "sys/id_map.h"

namespace tsrun {
namespace {

// Only who is in the parent of a user namespace may write its maps, user_namespaces(7).
int WriteIdMapsIn(int users, pid_t pid, const IdMapLine* uids, size_t uid_count,
                  const IdMapLine* gids, size_t gid_count) {
  const pid_t writer = fork();
  if (writer < 0) return errno;
  if (writer == 0) {
    if (setns(users, CLONE_NEWUSER) != 0) _exit(errno);
    _exit(WriteIdMaps(pid, IdMapWriter::kDirect, uids, uid_count, gids, gid_count));
  }
  int status = 0;
  while (waitpid(writer, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

}  // namespace

int Perform(Monitor& monitor, const IdMapStep& step) {
  static_assert(sizeof(IdMapEntry) == sizeof(IdMapLine), "the plan's map entries are id map lines");
  const auto* uids = reinterpret_cast<const IdMapLine*>(step.uids.data());
  const auto* gids = reinterpret_cast<const IdMapLine*>(step.gids.data());
  const int err = monitor.anchor_users.valid()
                      ? WriteIdMapsIn(monitor.anchor_users.get(), monitor.child, uids,
                                      step.uids.size(), gids, step.gids.size())
                      : WriteIdMaps(monitor.child, static_cast<IdMapWriter>(step.writer), uids,
                                    step.uids.size(), gids, step.gids.size());
  if (err != 0) monitor.context.op = Op::kIdMap;
  return err;
}

// Up only: a low limit would be in the way of init, which comes down to it in the end.
int Perform(Monitor& monitor, const RaiseRlimit& step) {
  const auto resource = static_cast<__rlimit_resource>(step.resource);
  struct rlimit limit = {};
  if (prlimit(monitor.child, resource, nullptr, &limit) != 0)
    return Failed(monitor.context, Op::kPrlimit);
  if (limit.rlim_cur >= step.soft && limit.rlim_max >= step.hard) return 0;
  if (limit.rlim_cur < step.soft) limit.rlim_cur = step.soft;
  if (limit.rlim_max < step.hard) limit.rlim_max = step.hard;
  if (prlimit(monitor.child, resource, &limit, nullptr) == 0) return 0;
  const int err = Failed(monitor.context, Op::kPrlimit);
  // Init will fail alike, and one note is enough.
  return step.demand == Demand::kBestEffort ? 0 : err;
}

int Perform(Monitor& monitor, const OomScoreAdj& step) {
  char path[64], value[16];
  snprintf(path, sizeof path, "/proc/%d/oom_score_adj", static_cast<int>(monitor.child));
  snprintf(value, sizeof value, "%d", step.value);
  Fd file(open(path, O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return Failed(monitor.context, Op::kOpen);
  if (write(file.get(), value, strlen(value)) < 0) return Failed(monitor.context, Op::kWrite);
  return 0;
}

}  // namespace tsrun

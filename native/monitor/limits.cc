// What a parent sets on the waiting child: id maps, room for its rlimits, the OOM score.
#include <fcntl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "monitor/monitor.h"
#include "sys/id_map.h"

namespace tsrun {

int Perform(Monitor& monitor, const IdMapStep& step) {
  static_assert(sizeof(IdMapEntry) == sizeof(IdMapLine), "the plan's map entries are id map lines");
  const int err =
      WriteIdMaps(monitor.child, static_cast<IdMapWriter>(step.writer),
                  reinterpret_cast<const IdMapLine*>(step.uids.data()), step.uids.size(),
                  reinterpret_cast<const IdMapLine*>(step.gids.data()), step.gids.size());
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

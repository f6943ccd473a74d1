// Attributes and propagation of mounts, mount_setattr(2) and fsmount(2).
#ifndef TSRUN_INIT_ATTRIBUTES_H_
#define TSRUN_INIT_ATTRIBUTES_H_

#include <vector>

#include "init/context.h"
#include "plan/plan.h"
#include "sys/syscalls.h"

namespace tsrun {

inline uint64_t AttributeBits(const MountAttributes& a) {
  uint64_t bits = 0;
  if (a.readonly) bits |= MOUNT_ATTR_RDONLY;
  if (a.nosuid) bits |= MOUNT_ATTR_NOSUID;
  if (a.nodev) bits |= MOUNT_ATTR_NODEV;
  if (a.noexec) bits |= MOUNT_ATTR_NOEXEC;
  if (a.nodiratime) bits |= MOUNT_ATTR_NODIRATIME;
  if (a.nosymfollow) bits |= MOUNT_ATTR_NOSYMFOLLOW;
  if (a.atime == Atime::kNoatime) bits |= MOUNT_ATTR_NOATIME;
  if (a.atime == Atime::kStrictatime) bits |= MOUNT_ATTR_STRICTATIME;
  return bits;
}

// Each change of a mount that exists. 0 or errno.
int ChangeAttributes(InitContext& ctx, int mount, const std::vector<AttributeChange>& changes);

int SetPropagation(InitContext& ctx, int mount, PropagationKind propagation, Reach reach);

}  // namespace tsrun

#endif  // TSRUN_INIT_ATTRIBUTES_H_

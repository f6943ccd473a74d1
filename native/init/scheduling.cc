// How the kernel schedules the command and places its memory; inherited through exec.
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "init/context.h"

namespace tsrun {
namespace {

// struct sched_attr of sched_setattr(2), its first version: no C library has it.
struct SchedAttr {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};
static_assert(sizeof(SchedAttr) == 48, "SCHED_ATTR_SIZE_VER0");

constexpr int kIoprioWhoProcess = 1;
constexpr uint32_t kMaxMask = 1024;  // bytes: 8192 processors or nodes

}  // namespace

int Perform(InitContext& ctx, const Scheduler& step) {
  SchedAttr attr = {sizeof attr,   step.policy,  step.flags,    step.nice,
                    step.priority, step.runtime, step.deadline, step.period};
  if (syscall(SYS_sched_setattr, 0, &attr, 0) != 0) return Failed(ctx, Op::kSchedSetattr);
  return 0;
}

int Perform(InitContext& ctx, const IoPriority& step) {
  if (syscall(SYS_ioprio_set, kIoprioWhoProcess, 0, step.priority) != 0)
    return Failed(ctx, Op::kIoprioSet);
  return 0;
}

int Perform(InitContext& ctx, const CpuAffinity& step) {
  if (syscall(SYS_sched_setaffinity, 0, step.mask.size, step.mask.data) != 0)
    return Failed(ctx, Op::kSchedSetaffinity);
  return 0;
}

int Perform(InitContext& ctx, const Personality& step) {
  if (personality(step.persona) < 0) return Failed(ctx, Op::kPersonality);
  return 0;
}

int Perform(InitContext& ctx, const MemoryPolicy& step) {
  // Words of the kernel's size, however many bytes the plan has.
  unsigned long nodes[kMaxMask / sizeof(unsigned long)] = {};
  if (step.nodes.size > kMaxMask) {
    errno = EINVAL;
    return Failed(ctx, Op::kSetMempolicy);
  }
  memcpy(nodes, step.nodes.data, step.nodes.size);
  // The kernel takes one bit less than it is told, get_nodes() in mm/mempolicy.c.
  const unsigned long count = step.nodes.size == 0 ? 0 : step.nodes.size * 8ul + 1;
  if (syscall(SYS_set_mempolicy, step.mode, count == 0 ? nullptr : nodes, count) != 0)
    return Failed(ctx, Op::kSetMempolicy);
  return 0;
}

}  // namespace tsrun

// The plan in C++: the same union as src/plan/plan.ts, one struct per step with only its own
// fields.
//
// Decoding copies nothing but lists, and nothing is allocated after the clone. A step's number on
// the wire is its place in the variant, and its fields cross in the order of `Fields`;
// src/native/plan-codec.ts and step-fields/ beside it have the same orders, and test/contract
// compares the two.
#ifndef TSRUN_PLAN_PLAN_H_
#define TSRUN_PLAN_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "plan/after_clone.h"
#include "plan/before_clone.h"
#include "plan/filesystem.h"
#include "plan/header.h"
#include "plan/process.h"
#include "plan/terms.h"

namespace tsrun {

// The order is the wire format: append, never insert, without raising kPlanVersion.
using Step = std::variant<
    CgroupCreate, CgroupEnable, CgroupEnter, CgroupWrite, CgroupDevices, OpenTree, Clone, IdMapStep,
    Rlimit, OomScoreAdj, OpenPath, BecomeRoot, TimeNamespace, RootPropagation, ProcHandle, Overlay,
    RootfsBind, Mount, Bind, Device, Symlink, Directory, Loopback, Lookup, PivotRoot, RootReadonly,
    Hostname, Domainname, Sysctl, MaskPath, ReadonlyPath, Session, Console, BoundingSet, Seccomp,
    User, Capabilities, WorkingDirectory, NoNewPrivileges, CloseFiles, Exec, Chroot, CgroupScope,
    TakeFile, RuntimeHooks, FindCommand, WaitStart, Join, PreserveFiles, ContainerHooks, Scheduler,
    IoPriority, CpuAffinity, Personality, MemoryPolicy, ExecLabel, RaiseRlimit, Remount, NetDevice,
    CgroupAttach, Veth, Pasta, Forward, Anchor, Macvlan>;

constexpr uint32_t kPlanMagic = 0x4e505354;  // "TSPN", little endian
constexpr uint32_t kPlanVersion = 1;

struct Plan {
  Header header = {};
  std::vector<Step> steps;
};

// Where and why decoding stopped.
struct DecodeFailure {
  uint32_t step = 0;    // index of the step, or UINT32_MAX for the header
  uint32_t offset = 0;  // byte offset in the plan
  Str reason = "";
};

// Decodes `size` bytes at `data`, which must outlive `plan`. Refuses unknown kinds, short input,
// trailing bytes, values outside an enumeration and strings with a NUL inside.
bool DecodePlan(const uint8_t* data, size_t size, Plan* plan, DecodeFailure* failure);

// The inverse, for the contract test.
std::vector<uint8_t> EncodePlan(Plan& plan);

}  // namespace tsrun

#endif  // TSRUN_PLAN_PLAN_H_

// What init carries from step to step, and the steps it knows. One file per kind or family of
// steps.
//
// RULE OF THIS FOLDER: everything here runs between clone and exec. Only async-signal-safe calls,
// no allocation, no strings built beyond stack buffers. A step returns 0 or an errno and leaves in
// `op` which call failed.
#ifndef TSRUN_INIT_CONTEXT_H_
#define TSRUN_INIT_CONTEXT_H_

#include <cstdint>

#include "plan/plan.h"
#include "sys/message.h"

namespace tsrun {

constexpr uint32_t kMaxSlots = 512;

struct InitContext {
  const Plan* plan = nullptr;
  // Socket to the monitor; after wait-start to whoever started the container.
  int monitor = -1;
  // O_PATH descriptor of the container's root, from the rootfs step on.
  int root = -1;
  // Private procfs.
  int proc = -1;
  // Descriptors by slot: paths and trees opened by earlier steps.
  int slots[kMaxSlots] = {};
  // The running step and, when it fails, the failing call and the item it was about.
  uint32_t step = 0;
  Op op = Op::kNone;
  uint64_t item = 0;
  // A message for each finished step.
  bool reporting = false;
  // The monitor is gone on purpose: its end must not be ours any more.
  bool handed_over = false;
  bool answered = false;
  // The user was looked up and is not root.
  bool ordinary_user = false;
  Answer answer = {};
  // Prepared before the clone: NULL-terminated, with a free slot for HOME at the end of env.
  char** argv = nullptr;
  char** env = nullptr;
  uint32_t env_count = 0;
  char home[kMaxAnswerHome + 8] = {};
  // This process's command line behind its name, as the monitor was started; of init's own memory.
  char* words = nullptr;
  size_t words_size = 0;
  // Namespaces that exist already were joined: there is a container here, and it may look at us.
  bool joined = false;
  // This process as the host sees it.
  uint64_t host_pid = 0;
};

// The descriptor in a slot, or -1, which every system call refuses.
inline int SlotFd(const InitContext& ctx, uint32_t slot) {
  return slot < kMaxSlots ? ctx.slots[slot] : -1;
}

// The slot of the socket that a later step hands the filter's listener over, or kMaxSlots.
uint32_t ListenerSlot(const InitContext& ctx);  // seccomp.cc

// Runs the steps after the clone that belong to init; does not return.
[[noreturn]] void RunInit(InitContext& ctx, uint32_t first_step);

// Fails the current call: remembers which, returns errno.
int Failed(InitContext& ctx, Op op);

// Files of init/, in the order of a usual plan.
int Perform(InitContext& ctx, const OpenPath& step);          // slots.cc
int Perform(InitContext& ctx, const PreserveFiles& step);     // preserve_files.cc
int Perform(InitContext& ctx, const BecomeRoot& step);        // identity.cc
int Perform(InitContext& ctx, const TimeNamespace& step);     // time_namespace.cc
int Perform(InitContext& ctx, const RootPropagation& step);   // rootfs.cc
int Perform(InitContext& ctx, const ProcHandle& step);        // proc_handle.cc
int Perform(InitContext& ctx, const Overlay& step);           // rootfs.cc
int Perform(InitContext& ctx, const RootfsBind& step);        // rootfs.cc
int Perform(InitContext& ctx, const Mount& step);             // mount.cc
int Perform(InitContext& ctx, const Remount& step);           // mount.cc
int Perform(InitContext& ctx, const Bind& step);              // bind.cc
int Perform(InitContext& ctx, const Device& step);            // device.cc
int Perform(InitContext& ctx, const Symlink& step);           // nodes.cc
int Perform(InitContext& ctx, const Directory& step);         // nodes.cc
int Perform(InitContext& ctx, const Loopback& step);          // loopback.cc
int Perform(InitContext& ctx, const Lookup& step);            // lookup.cc
int Perform(InitContext& ctx, const RuntimeHooks& step);      // wait.cc
int Perform(InitContext& ctx, const PivotRoot& step);         // rootfs.cc
int Perform(InitContext& ctx, const Chroot& step);            // rootfs.cc
int Perform(InitContext& ctx, const RootReadonly& step);      // rootfs.cc
int Perform(InitContext& ctx, const Hostname& step);          // hostname.cc
int Perform(InitContext& ctx, const Domainname& step);        // hostname.cc
int Perform(InitContext& ctx, const Sysctl& step);            // sysctl.cc
int Perform(InitContext& ctx, const MaskPath& step);          // mask.cc
int Perform(InitContext& ctx, const ReadonlyPath& step);      // mask.cc
int Perform(InitContext& ctx, const Session& step);           // console.cc
int Perform(InitContext& ctx, const Console& step);           // console.cc
int Perform(InitContext& ctx, const FindCommand& step);       // find_command.cc
int Perform(InitContext& ctx, const WaitStart& step);         // wait.cc
int Perform(InitContext& ctx, const ContainerHooks& step);    // hooks.cc
int Perform(InitContext& ctx, const Scheduler& step);         // scheduling.cc
int Perform(InitContext& ctx, const IoPriority& step);        // scheduling.cc
int Perform(InitContext& ctx, const CpuAffinity& step);       // scheduling.cc
int Perform(InitContext& ctx, const Personality& step);       // scheduling.cc
int Perform(InitContext& ctx, const MemoryPolicy& step);      // scheduling.cc
int Perform(InitContext& ctx, const ExecLabel& step);         // exec_label.cc
int Perform(InitContext& ctx, const BoundingSet& step);       // capabilities.cc
int Perform(InitContext& ctx, const Seccomp& step);           // seccomp.cc
int Perform(InitContext& ctx, const User& step);              // identity.cc
int Perform(InitContext& ctx, const Capabilities& step);      // capabilities.cc
int Perform(InitContext& ctx, const WorkingDirectory& step);  // working_directory.cc
int Perform(InitContext& ctx, const NoNewPrivileges& step);   // seccomp.cc
int Perform(InitContext& ctx, const CloseFiles& step);        // exec.cc
int Perform(InitContext& ctx, const Rlimit& step);            // limits.cc
int Perform(InitContext& ctx, const Exec& step);              // exec.cc, returns only on failure

// PID 1 of --init: waits for `child`, forwards signals, reaps. reaper.cc
[[noreturn]] void RunReaper(InitContext& ctx, int child);

// SIGKILL when the monitor dies; credential changes clear it, so it is armed again after each.
// ESRCH: it is gone.
int ArmParentDeathSignal(InitContext& ctx);  // identity.cc

}  // namespace tsrun

#endif  // TSRUN_INIT_CONTEXT_H_

// The parent side: one small process per container.
#ifndef TSRUN_MONITOR_MONITOR_H_
#define TSRUN_MONITOR_MONITOR_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>

#include "init/context.h"
#include "plan/plan.h"
#include "sys/fd.h"

namespace tsrun {

// The descriptors the addon hands over. From kFirstKept on: the launcher's files, held until the
// monitor exits (locks) or taken into slots (TakeFile).
constexpr int kChannelFd = 3;
constexpr int kPlanFd = 4;
constexpr int kFirstKept = 5;

constexpr uint32_t kMaxJoins = 16;
constexpr size_t kMaxOriginal = 4096 + 128;

struct Monitor {
  Plan plan;
  // Connection to the launcher; invalid after it has closed.
  Fd channel;
  // It said all it will say: what it printed to is nobody's. It may still hear of the end.
  bool launcher_gone = false;
  // Socket to init; closes when init execs.
  Fd init;
  Fd pidfd;
  pid_t child = -1;
  bool reaped = false;
  int wait_status = 0;
  // The kGo was sent: from here on init works.
  bool failed = false;
  // Bit n - 1: signal n came before the command had started.
  uint64_t waiting_signals = 0;
  // The command was executed.
  bool was_started = false;
  // PID 1 is its new parent's now: nothing is to be ended any more.
  bool handed_over = false;
  // It has executed itself once more; there is nothing to shed.
  bool resting = false;
  // By the monitor itself: whoever wanted the container has gone.
  bool killed = false;
  // Its check of health wants it anew, whatever its policy.
  bool restart_wanted = false;
  // Milliseconds until it is to be started again; 0: it is not.
  unsigned long long restart_after = 0;
  // Milliseconds of CLOCK_MONOTONIC; 0: never. health.h
  struct HealthState {
    uint64_t started = 0;
    uint64_t next = 0;
    uint64_t kill_at = 0;
    pid_t probe = -1;
    int status = 0;
  };
  HealthState health;
  // Namespaces to join, in the order of the plan.
  struct Joined {
    Fd file;  // nsfs file, or a pidfd
    uint32_t namespaces = 0;
    uint32_t step = 0;
  };
  Joined joins[kMaxJoins];
  uint32_t join_count = 0;
  // Of an ordinary user's networks; anchor.cc. Until the command runs.
  Fd anchor_users;
  Fd anchor_network;
  // How many files from kFirstKept on.
  int kept = 0;
  // Of a kept container: its directory, and what it prints without a terminal.
  Fd directory;
  Fd outputs[2];
  Fd output_writers[2];
  // Standard input that is the monitor's to fill: its own end, and the container's.
  Fd input;
  Fd input_reader;
  // The socket `attach`.
  Fd listening;
  // What a program said that failed.
  Fd said;
  // The console's master while the monitor relays it.
  Fd master;
  InitContext context;
};

// Steps before and after the clone. cgroup.cc, clone.cc, limits.cc: 0 or errno, the failing call in
// monitor.context.op.
int Perform(Monitor& monitor, const CgroupCreate& step);
int Perform(Monitor& monitor, const CgroupEnable& step);
int Perform(Monitor& monitor, const CgroupEnter& step);
int Perform(Monitor& monitor, const CgroupScope& step);
int Perform(Monitor& monitor, const CgroupAttach& step);
int Perform(Monitor& monitor, const CgroupWrite& step);
int Perform(Monitor& monitor, const CgroupDevices& step);
int Perform(Monitor& monitor, const OpenTree& step);
int Perform(Monitor& monitor, const TakeFile& step);
int Perform(Monitor& monitor, const Join& step);    // join.cc
int Perform(Monitor& monitor, const Anchor& step);  // join.cc
int Perform(Monitor& monitor, const Clone& step);   // in the child it does not return
int Perform(Monitor& monitor, const IdMapStep& step);
int Perform(Monitor& monitor, const NetDevice& step);  // net_device.cc
int Perform(Monitor& monitor, const Veth& step);       // veth.cc
int Perform(Monitor& monitor, const Macvlan& step);    // macvlan.cc
int Perform(Monitor& monitor, const Pasta& step);      // pasta.cc
int Perform(Monitor& monitor, const Forward& step);    // forward.cc
int Perform(Monitor& monitor, const RaiseRlimit& step);
int Perform(Monitor& monitor, const OomScoreAdj& step);

// Makes the process from within the joined namespaces: monitor.child and its pidfd. join.cc
int CloneInJoined(Monitor& monitor, const Clone& step, Fd& theirs);
// The namespaces of a plan as CLONE_NEW flags. clone.cc
uint64_t CloneFlags(uint32_t namespaces);
// In the new process: lets go of what is the monitor's, and runs init's steps. clone.cc
[[noreturn]] void BecomeInit(Monitor& monitor, int theirs);

// Ends everything in the container and removes its control group. kill.cc
void KillContainer(Monitor& monitor);
void RemoveCgroup(const Monitor& monitor);
// Kills what PID 1 has left behind. Without a pid namespace of its own the kernel does not: such a
// monitor is the subreaper of its container, prctl(2).
void EndOrphans();
// Whether init has ended, or is ending, without having executed the command. died.cc
bool DiedBeforeExec(pid_t init);
// cgroup.freeze: 1 or 0. Without a control group PID 1 alone is stopped or continued.
void FreezeContainer(Monitor& monitor, bool freeze);

// Opens the directory of a kept container and makes its pipes. record.cc
bool OpenRecord(Monitor& monitor);
bool OpenRecordDirectory(Monitor& monitor);
void RecordStart(const Monitor& monitor);
void RecordEnd(const Monitor& monitor, unsigned long long oom_kills);
// How many processes the kernel ended for want of memory; 0 without a group. record.cc
unsigned long long OomKills(const Monitor& monitor);
// Tells who follows `events`; `more`: further attributes, ",\"a\":\"b\"". events.cc
void RecordEvent(const Monitor& monitor, const char* action, const char* more);
// That it runs, and before that which volumes were mounted in it. events.cc
void RecordStartEvents(const Monitor& monitor);
// oom and die.
void RecordEndEvents(const Monitor& monitor, unsigned long long oom_kills);
// After the end, before it is written down: milliseconds until the container is to be started
// again; 0: it is not. restart.cc
unsigned long long PrepareRestart(Monitor& monitor);
// False: somebody stopped it meanwhile.
bool WaitToRestart(const Monitor& monitor, unsigned long long milliseconds);
// Makes the process one that an ordinary program can run in.
void BecomeEpilogue();
// Returns when there is none, or it cannot be executed.
void ExecuteEpilogue(const Monitor& monitor);

// Serves until PID 1 has ended or the launcher is gone, and has the end written down before those
// hear of it who are attached. Returns the monitor's exit code. loop.cc
int Serve(Monitor& monitor, void (*write_down)(Monitor&));

// Makes the running program one that the container cannot write through /proc/PID/exe
// (CVE-2019-5736): executes a sealed copy of it. Returns only when it already is one, or errno.
// seal.cc
int ExecuteSealed(char** argv);

// The entry of its environment that names what a sealed copy is made from. False: it does not fit.
// rest.cc
bool NameOriginal(const struct stat& st, char* entry, size_t size);
// Sheds what the start has left in memory by executing the installed program, which goes on in
// RestingMain. Returns when that is not possible.
void Rest(Monitor& monitor);
int RestingMain(int argc, char** argv);

// Decodes the plan and closes its descriptor. monitor.cc
bool LoadPlan(Monitor& monitor, int fd);
// From a running command to the end of the container: the monitor's exit code. monitor.cc
int Finish(Monitor& monitor);
int MonitorMain(int argc, char** argv);

}  // namespace tsrun

#endif  // TSRUN_MONITOR_MONITOR_H_

// What init does about everything else that a process has, up to the exec of the entrypoint:
// src/plan/steps/process.ts.
#ifndef TSRUN_PLAN_PROCESS_H_
#define TSRUN_PLAN_PROCESS_H_

#include <cstdint>
#include <vector>

#include "plan/terms.h"

namespace tsrun {

struct BecomeRoot {
  bool drop_groups;
  template <class V>
  void Fields(V& v) {
    v(drop_groups);
  }
};

struct TimeNamespace {
  int64_t monotonic_seconds;
  uint32_t monotonic_nanoseconds;
  int64_t boottime_seconds;
  uint32_t boottime_nanoseconds;
  template <class V>
  void Fields(V& v) {
    v(monotonic_seconds), v(monotonic_nanoseconds), v(boottime_seconds), v(boottime_nanoseconds);
  }
};

struct Loopback {
  template <class V>
  void Fields(V&) {}
};

struct Lookup {
  Str user;
  std::vector<Str> group_add;
  template <class V>
  void Fields(V& v) {
    v(user), v(group_add);
  }
};

struct Hostname {
  Str hostname;
  template <class V>
  void Fields(V& v) {
    v(hostname);
  }
};

struct Domainname {
  Str domainname;
  template <class V>
  void Fields(V& v) {
    v(domainname);
  }
};

struct Sysctl {
  Str name, path, value;
  template <class V>
  void Fields(V& v) {
    v(name), v(path), v(value);
  }
};

struct Session {
  bool new_keyring;
  template <class V>
  void Fields(V& v) {
    v(new_keyring);
  }
};

struct Console {
  uint32_t rows, columns, owner;
  bool to_socket;
  uint32_t slot;
  bool is_dev_console;
  template <class V>
  void Fields(V& v) {
    v(rows), v(columns), v(owner), v(to_socket), v(slot);
    v(is_dev_console);
  }
};

struct BoundingSet {
  uint64_t keep;
  template <class V>
  void Fields(V& v) {
    v(keep);
  }
};

struct Seccomp {
  Bytes program;
  uint32_t flags;
  // What the listener's socket is told with the descriptor, the pid between the parts; empty: there
  // is no listener.
  std::vector<Str> message;
  uint32_t slot;
  template <class V>
  void Fields(V& v) {
    v(program), v(flags), v(message), v(slot);
  }
};

struct User {
  bool looked_up;
  uint32_t uid, gid;
  std::vector<uint32_t> groups;
  bool set_groups;
  uint32_t umask;
  template <class V>
  void Fields(V& v) {
    v(looked_up), v(uid), v(gid), v(groups), v(set_groups), v(umask);
  }
};

struct Capabilities {
  uint64_t effective, permitted, inheritable, ambient;
  template <class V>
  void Fields(V& v) {
    v(effective), v(permitted), v(inheritable), v(ambient);
  }
};

struct WorkingDirectory {
  Str path;
  template <class V>
  void Fields(V& v) {
    v(path);
  }
};

struct NoNewPrivileges {
  template <class V>
  void Fields(V&) {}
};

struct Rlimit {
  uint32_t resource;
  uint64_t soft, hard;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(resource), v(soft), v(hard), v(demand);
  }
};

struct CloseFiles {
  uint32_t from;
  template <class V>
  void Fields(V& v) {
    v(from);
  }
};

struct Exec {
  std::vector<Str> argv, env, candidates;
  bool home_looked_up;
  bool reaper;
  template <class V>
  void Fields(V& v) {
    v(argv), v(env), v(candidates), v(home_looked_up), v(reaper);
  }
};

struct RuntimeHooks {
  template <class V>
  void Fields(V&) {}
};

struct FindCommand {
  Str directory;
  std::vector<Str> candidates;
  template <class V>
  void Fields(V& v) {
    v(directory), v(candidates);
  }
};

struct PreserveFiles {
  std::vector<uint32_t> slots;
  template <class V>
  void Fields(V& v) {
    v(slots);
  }
};

struct WaitStart {
  uint32_t slot;
  template <class V>
  void Fields(V& v) {
    v(slot);
  }
};

struct Hook {
  Str path;
  // With a null pointer behind the last one: PrepareExec.
  std::vector<Str> argv, env;
  uint32_t milliseconds;  // 0: no limit
  template <class V>
  void Fields(V& v) {
    v(path), v(argv), v(env), v(milliseconds);
  }
};

struct ContainerHooks {
  bool at_start;  // startContainer, else createContainer
  std::vector<Hook> hooks;
  Str head, tail;
  template <class V>
  void Fields(V& v) {
    v(at_start), v(hooks), v(head), v(tail);
  }
};

struct Scheduler {
  uint32_t policy;
  int32_t nice;
  uint32_t priority;
  uint64_t flags, runtime, deadline, period;
  template <class V>
  void Fields(V& v) {
    v(policy), v(nice), v(priority), v(flags), v(runtime), v(deadline), v(period);
  }
};

struct IoPriority {
  uint32_t priority;
  template <class V>
  void Fields(V& v) {
    v(priority);
  }
};

struct CpuAffinity {
  Bytes mask;
  template <class V>
  void Fields(V& v) {
    v(mask);
  }
};

struct Personality {
  uint32_t persona;
  template <class V>
  void Fields(V& v) {
    v(persona);
  }
};

struct MemoryPolicy {
  uint32_t mode;
  Bytes nodes;
  template <class V>
  void Fields(V& v) {
    v(mode), v(nodes);
  }
};

struct ExecLabel {
  bool apparmor;
  Str label;
  template <class V>
  void Fields(V& v) {
    v(apparmor), v(label);
  }
};

}  // namespace tsrun

#endif  // TSRUN_PLAN_PROCESS_H_

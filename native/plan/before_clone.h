// What the monitor does before the clone: control groups, trees that only the launching user may
// open, namespaces. src/plan/steps/before-clone.ts.
#ifndef TSRUN_PLAN_BEFORE_CLONE_H_
#define TSRUN_PLAN_BEFORE_CLONE_H_

#include <cstdint>
#include <vector>

#include "plan/terms.h"

namespace tsrun {

struct CgroupCreate {
  Str path;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(path), v(demand);
  }
};

struct CgroupEnable {
  Str path;
  std::vector<Str> controllers;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(path), v(controllers), v(demand);
  }
};

struct CgroupEnter {
  Str path;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(path), v(demand);
  }
};

// What goes into the unit is the launcher's business: it speaks to systemd.
struct CgroupScope {
  Str path;
  template <class V>
  void Fields(V& v) {
    v(path);
  }
};

struct CgroupWrite {
  // instead: a missing file is no failure where this one of the same group is there.
  Str path, file, value, expect, instead;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(path), v(file), v(value), v(expect), v(instead), v(demand);
  }
};

struct CgroupDevices {
  Str path;
  Bytes program;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(path), v(program), v(demand);
  }
};

struct OpenTree {
  uint32_t slot;
  Str source;
  Str subpath;  // below the source, from which no link leads out; "": all of it
  Reach reach;
  Str space;  // the mount namespace's file that the source is in; "": the monitor's
  bool id_mapped;
  Reach id_map_reach;
  std::vector<IdMapEntry> uids, gids;
  Str users;  // the user namespace's file in place of uids and gids; "": one is made of them
  template <class V>
  void Fields(V& v) {
    v(slot), v(source), v(subpath), v(reach), v(space), v(id_mapped), v(id_map_reach), v(uids),
        v(gids), v(users);
  }
};

struct Join {
  uint32_t namespaces;
  bool of_process;
  uint32_t file;
  Str path;
  template <class V>
  void Fields(V& v) {
    v(namespaces), v(of_process), v(file), v(path);
  }
};

struct TakeFile {
  uint32_t slot, file;
  template <class V>
  void Fields(V& v) {
    v(slot), v(file);
  }
};

// The user namespace that a new one is made in, and the network namespace of the other ends of
// its interfaces; files of /proc/PID/ns.
struct Anchor {
  Str users, network;
  template <class V>
  void Fields(V& v) {
    v(users), v(network);
  }
};

struct Clone {
  uint32_t namespaces;
  Str cgroup;  // "": stay in the monitor's
  template <class V>
  void Fields(V& v) {
    v(namespaces), v(cgroup);
  }
};

}  // namespace tsrun

#endif  // TSRUN_PLAN_BEFORE_CLONE_H_

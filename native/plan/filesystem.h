// What init does about mounts and files, up to the change of the root and behind it:
// src/plan/steps/filesystem.ts.
#ifndef TSRUN_PLAN_FILESYSTEM_H_
#define TSRUN_PLAN_FILESYSTEM_H_

#include <cstdint>
#include <vector>

#include "plan/terms.h"

namespace tsrun {

struct OpenPath {
  uint32_t slot;
  Str path;
  template <class V>
  void Fields(V& v) {
    v(slot), v(path);
  }
};

struct RootPropagation {
  bool of_container;  // else of the host
  PropagationKind propagation;
  Reach reach;
  template <class V>
  void Fields(V& v) {
    v(of_container), v(propagation), v(reach);
  }
};

struct ProcHandle {
  uint8_t instance;  // 0 new, 1 host
  template <class V>
  void Fields(V& v) {
    v(instance);
  }
};

struct Overlay {
  std::vector<uint32_t> lower;
  uint32_t upper, work, at;
  Str target;
  bool nodev, userxattr, is_volatile;
  template <class V>
  void Fields(V& v) {
    v(lower), v(upper), v(work), v(at), v(target), v(nodev), v(userxattr), v(is_volatile);
  }
};

struct RootfsBind {
  uint32_t source, at;
  Str target;
  bool nodev;
  template <class V>
  void Fields(V& v) {
    v(source), v(at), v(target), v(nodev);
  }
};

struct Mount {
  Str filesystem, source, target;
  MountAttributes attributes;
  std::vector<Str> parameters;
  Inherited inherits;
  Str label;  // security.selinux of its root; "": none
  bool set_propagation;
  PropagationKind propagation;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(filesystem), v(source), v(target), v(attributes), v(parameters), v(inherits), v(label);
    v(set_propagation), v(propagation), v(demand);
  }
};

struct Remount {
  Str target;
  std::vector<AttributeChange> changes;
  std::vector<Str> parameters;
  bool set_propagation;
  PropagationKind propagation;
  Reach propagation_reach;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(target), v(changes), v(parameters);
    v(set_propagation), v(propagation), v(propagation_reach), v(demand);
  }
};

struct Bind {
  bool from_slot;
  uint32_t slot;
  Str path, subpath, target;  // subpath as in OpenTree
  Reach reach;
  std::vector<AttributeChange> changes;
  PropagationKind propagation;
  Reach propagation_reach;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(from_slot), v(slot), v(path), v(subpath), v(target), v(reach), v(changes);
    v(propagation), v(propagation_reach), v(demand);
  }
};

struct Device {
  Str path;
  uint8_t type;  // 0 char, 1 block, 2 fifo
  uint32_t major, minor, mode, uid, gid;
  uint8_t how;  // 0 mknod, 1 bind
  Str source;
  template <class V>
  void Fields(V& v) {
    v(path), v(type), v(major), v(minor), v(mode), v(uid), v(gid), v(how), v(source);
  }
};

struct Symlink {
  Str target, path;
  template <class V>
  void Fields(V& v) {
    v(target), v(path);
  }
};

struct Directory {
  Str path;
  uint32_t mode, uid, gid;
  template <class V>
  void Fields(V& v) {
    v(path), v(mode), v(uid), v(gid);
  }
};

struct PivotRoot {
  template <class V>
  void Fields(V&) {}
};

struct Chroot {
  bool read_only;  // the old root, which is the host's otherwise
  template <class V>
  void Fields(V& v) {
    v(read_only);
  }
};

struct RootReadonly {
  template <class V>
  void Fields(V&) {}
};

struct MaskPath {
  Str path;
  template <class V>
  void Fields(V& v) {
    v(path);
  }
};

struct ReadonlyPath {
  Str path;
  template <class V>
  void Fields(V& v) {
    v(path);
  }
};

}  // namespace tsrun

#endif  // TSRUN_PLAN_FILESYSTEM_H_

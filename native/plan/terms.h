// Words that steps of several kinds share: src/plan/steps/terms.ts.
//
// Strings and byte ranges point into the encoded plan, which outlives them.
#ifndef TSRUN_PLAN_TERMS_H_
#define TSRUN_PLAN_TERMS_H_

#include <cstddef>
#include <cstdint>

namespace tsrun {

// A NUL-terminated string of the plan.
using Str = const char*;

struct Bytes {
  const uint8_t* data = nullptr;
  uint32_t size = 0;
};

enum class Demand : uint8_t { kRequired = 0, kBestEffort = 1 };
enum class Reach : uint8_t { kThis = 0, kTree = 1 };
// What a new filesystem takes from the directory that it covers.
enum class Inherited : uint8_t { kNothing = 0, kMode = 1, kContent = 2 };
enum class Atime : uint8_t { kRelatime = 0, kNoatime = 1, kStrictatime = 2 };
enum class PropagationKind : uint8_t { kPrivate = 0, kSlave = 1, kShared = 2, kUnbindable = 3 };

// Bits of a namespace list, in the order of NamespaceKind in plan.ts.
enum NamespaceBit : uint32_t {
  kNsMount = 1u << 0,
  kNsPid = 1u << 1,
  kNsNetwork = 1u << 2,
  kNsUts = 1u << 3,
  kNsIpc = 1u << 4,
  kNsCgroup = 1u << 5,
  kNsUser = 1u << 6,
  kNsTime = 1u << 7,
};

struct MountAttributes {
  bool readonly, nosuid, nodev, noexec, nodiratime, nosymfollow;
  Atime atime;
  template <class V>
  void Fields(V& v) {
    v(readonly), v(nosuid), v(nodev), v(noexec), v(nodiratime), v(nosymfollow), v(atime);
  }
};

// Bits of mount_setattr(2): set, cleared, and the rest left alone.
struct AttributeChange {
  Reach reach;
  uint64_t set, clear;
  template <class V>
  void Fields(V& v) {
    v(reach), v(set), v(clear);
  }
};

struct IdMapEntry {
  uint32_t container, host, size;
  template <class V>
  void Fields(V& v) {
    v(container), v(host), v(size);
  }
};

}  // namespace tsrun

#endif  // TSRUN_PLAN_TERMS_H_

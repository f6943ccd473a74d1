// What the monitor does after the clone, while the new process waits:
// src/plan/steps/after-clone.ts.
#ifndef TSRUN_PLAN_AFTER_CLONE_H_
#define TSRUN_PLAN_AFTER_CLONE_H_

#include <cstdint>
#include <vector>

#include "plan/terms.h"

namespace tsrun {

// As CgroupScope, for a process that joins a container, which is there already.
struct CgroupAttach {
  Str path;
  template <class V>
  void Fields(V& v) {
    v(path);
  }
};

struct IdMapStep {
  std::vector<IdMapEntry> uids, gids;
  uint8_t writer;  // IdMapWriter of sys/id_map.h
  template <class V>
  void Fields(V& v) {
    v(uids), v(gids), v(writer);
  }
};

struct RaiseRlimit {
  uint32_t resource;
  uint64_t soft, hard;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(resource), v(soft), v(hard), v(demand);
  }
};

struct OomScoreAdj {
  int32_t value;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(value), v(demand);
  }
};

struct NetDevice {
  Str device, name;
  template <class V>
  void Fields(V& v) {
    v(device), v(name);
  }
};

struct InterfaceAddress {
  Bytes address;  // 4 or 16 bytes
  uint8_t prefix;
  template <class V>
  void Fields(V& v) {
    v(address), v(prefix);
  }
};

struct Veth {
  Str host_name, bridge, name;
  Bytes mac;  // of the container's end
  uint32_t mtu;
  std::vector<InterfaceAddress> addresses;
  std::vector<Bytes> gateways;
  template <class V>
  void Fields(V& v) {
    v(host_name), v(bridge), v(name), v(mac), v(mtu), v(addresses), v(gateways);
  }
};

// Whom an interface of the kind macvlan reaches of those on the same parent.
enum class MacvlanMode : uint8_t { kPrivate = 0, kVepa = 1, kBridge = 2, kPassthru = 3 };

struct Macvlan {
  Str parent, name;
  MacvlanMode mode;
  Bytes mac;
  uint32_t mtu;
  std::vector<InterfaceAddress> addresses;
  std::vector<Bytes> gateways;
  template <class V>
  void Fields(V& v) {
    v(parent), v(name), v(mode), v(mac), v(mtu), v(addresses), v(gateways);
  }
};

// The path of the network namespace is one more word.
struct Pasta {
  Str program;
  std::vector<Str> argv;
  Demand demand;
  template <class V>
  void Fields(V& v) {
    v(program), v(argv), v(demand);
  }
};

enum class Protocol : uint8_t { kTcp = 0, kUdp = 1 };

// A port of ::1 that leads to one of the container's.
struct ForwardedPort {
  Protocol protocol;
  uint16_t host_port;
  Str address;  // of the container, as text
  uint16_t container_port;
  Str claim;  // the file that says who has the port; when it goes, so does the socket
  template <class V>
  void Fields(V& v) {
    v(protocol), v(host_port), v(address), v(container_port), v(claim);
  }
};

struct Forward {
  std::vector<ForwardedPort> ports;
  template <class V>
  void Fields(V& v) {
    v(ports);
  }
};

}  // namespace tsrun

#endif  // TSRUN_PLAN_AFTER_CLONE_H_

// The plan in C++: the same union as src/plan/plan.ts, one struct per step with only its own
// fields.
//
// Strings and byte ranges point into the encoded plan, which outlives them: decoding copies nothing
// but lists, and nothing is allocated after the clone. A step's number on the wire is its place in
// the variant, and its fields cross in the order of `Fields`; src/native/plan-codec.ts has the same
// order, and test/contract compares the two.
#ifndef TSRUN_PLAN_PLAN_H_
#define TSRUN_PLAN_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

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
// How long the monitor lives: with the launcher's connection, or until the container is handed over
// to whoever started the launcher.
enum class Protocol : uint8_t { kTcp = 0, kUdp = 1 };
enum class Lifetime : uint8_t { kLauncher = 0, kHandover = 1, kOwn = 2 };
// Whom an interface of the kind macvlan reaches of those on the same parent.
enum class MacvlanMode : uint8_t { kPrivate = 0, kVepa = 1, kBridge = 2, kPassthru = 3 };

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

// ------------------------------------------------------------ monitor, before the clone

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
// The same for a process that joins a container, which is there already.
struct CgroupAttach {
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

// ------------------------------------------------------------ monitor, after the clone

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

// ------------------------------------------------------------ init

struct OpenPath {
  uint32_t slot;
  Str path;
  template <class V>
  void Fields(V& v) {
    v(slot), v(path);
  }
};
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

// The order is the wire format: append, never insert, without raising kPlanVersion.
using Step =
    std::variant<CgroupCreate, CgroupEnable, CgroupEnter, CgroupWrite, CgroupDevices, OpenTree,
                 Clone, IdMapStep, Rlimit, OomScoreAdj, OpenPath, BecomeRoot, TimeNamespace,
                 RootPropagation, ProcHandle, Overlay, RootfsBind, Mount, Bind, Device, Symlink,
                 Directory, Loopback, Lookup, PivotRoot, RootReadonly, Hostname, Domainname, Sysctl,
                 MaskPath, ReadonlyPath, Session, Console, BoundingSet, Seccomp, User, Capabilities,
                 WorkingDirectory, NoNewPrivileges, CloseFiles, Exec, Chroot, CgroupScope, TakeFile,
                 RuntimeHooks, FindCommand, WaitStart, Join, PreserveFiles, ContainerHooks,
                 Scheduler, IoPriority, CpuAffinity, Personality, MemoryPolicy, ExecLabel,
                 RaiseRlimit, Remount, NetDevice, CgroupAttach, Veth, Pasta, Forward, Anchor,
                 Macvlan>;

constexpr uint32_t kPlanMagic = 0x4e505354;  // "TSPN", little endian
constexpr uint32_t kPlanVersion = 1;

// How the monitor runs the plan, decided by TypeScript like everything else.
// What a container leaves that is kept after its end, and what becomes of it then.
struct Record {
  Str directory;       // absolute; "": the container is not kept, and the rest does not count
  uint64_t log_size;   // bytes after which the log is rotated; 0: nothing is kept
  uint32_t log_files;  // 0: no log, and the outputs are the launcher's own
  // A monitor on its own ends by executing it; none: empty.
  std::vector<Str> epilogue;
  std::vector<Str> epilogue_env;
  bool epilogue_restarts;  // only when the policy of --restart wants it, and after a while
  template <class V>
  void Fields(V& v) {
    v(directory), v(log_size), v(log_files), v(epilogue), v(epilogue_env);
    v(epilogue_restarts);
  }
};

// A volume at one place in the container, of which events tell too.
struct MountedVolume {
  Str name;
  Str attributes;  // of its event `mount`: members of a JSON object
  template <class V>
  void Fields(V& v) {
    v(name), v(attributes);
  }
};

// Where events of the container go: docs/events.md.
struct EventTarget {
  Str file;  // absolute; "": nowhere, and the rest does not count
  Str id;
  Str attributes;  // members of a JSON object
  std::vector<MountedVolume> volumes;
  template <class V>
  void Fields(V& v) {
    v(file), v(id), v(attributes), v(volumes);
  }
};

// Where a container without a terminal has its standard input from.
enum class InputSource : uint8_t {
  kLauncher = 0,  // the descriptor 0 that the monitor was given
  kAttached = 1,  // whoever attaches; it stays open
  kOnce = 2,      // whoever attaches; it ends with the first one's
};

enum class OnUnhealthy : uint8_t { kNothing = 0, kKill = 1, kRestart = 2 };

// How the monitor of a kept container finds out how it is; the plan of the check itself is the file
// `health-plan` in its directory. Times are milliseconds.
struct Health {
  uint32_t interval;  // 0: there is no check, and the rest does not count
  uint32_t timeout, retries, start_period, start_interval;
  OnUnhealthy on_unhealthy;
  uint32_t stop_signal, stop_timeout;
  template <class V>
  void Fields(V& v) {
    v(interval), v(timeout), v(retries), v(start_period), v(start_interval), v(on_unhealthy);
    v(stop_signal), v(stop_timeout);
  }
};

struct Header {
  bool report_progress;  // a message per finished step (--explain)
  Lifetime lifetime;
  bool relay_terminal;  // the monitor relays between the console's master and its own fds 0 and 1
  Str kill_cgroup;  // cgroup.kill of this directory ends the container; "": only PID 1 is killed
  InputSource input;
  Str detach_keys;  // of the launcher's terminal; "": there are none
  Record record;
  EventTarget events;
  Health health;
  template <class V>
  void Fields(V& v) {
    v(report_progress), v(lifetime), v(relay_terminal), v(kill_cgroup), v(input), v(detach_keys),
        v(record), v(events), v(health);
  }
};

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

// Control groups, cgroups(7) and Documentation/admin-guide/cgroup-v2.rst: made, limited and read
// back before PID 1 exists.
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "monitor/monitor.h"

namespace tsrun {
namespace {

int WriteFile(Monitor& monitor, const std::string& path, const std::string& value) {
  Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return Failed(monitor.context, Op::kOpen);
  if (write(file.get(), value.data(), value.size()) < 0) return Failed(monitor.context, Op::kWrite);
  return 0;
}

// True when the file, or one line of it, is `expect`.
bool Holds(const std::string& content, const std::string& expect) {
  size_t at = 0;
  while (at < content.size()) {
    size_t end = content.find('\n', at);
    if (end == std::string::npos) end = content.size();
    if (content.compare(at, end - at, expect) == 0) return true;
    at = end + 1;
  }
  return false;
}

// Whether the other file for weights has a line for the disk that "254:0 700" is about: each disk
// is served by io.cost, by BFQ, or by none.
bool ServesDisk(const std::string& path, const std::string& value) {
  const size_t space = value.find(' ');
  if (space == std::string::npos || value.find(':') > space) return false;
  Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char content[4096];
  const ssize_t got = file.valid() ? read(file.get(), content, sizeof content) : -1;
  if (got < 0) return false;
  const std::string lines = "\n" + std::string(content, static_cast<size_t>(got));
  return lines.find("\n" + value.substr(0, space + 1)) != std::string::npos;
}

}  // namespace

namespace {

int MakeWithParents(Monitor& monitor, const std::string& path) {
  for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string prefix = path.substr(0, at);
    if (mkdir(prefix.c_str(), 0755) != 0 && errno != EEXIST && errno != EROFS) {
      // An ancestor we may not write and need not make.
      struct stat st = {};
      const int err = errno;
      if (stat(prefix.c_str(), &st) != 0) {
        errno = err;
        return Failed(monitor.context, Op::kMkdir);
      }
    }
    if (at == std::string::npos) break;
  }
  struct stat st = {};
  if (stat(path.c_str(), &st) != 0) return Failed(monitor.context, Op::kMkdir);
  return 0;
}

// The launcher speaks to systemd and answers when it is done.
int AwaitSystemd(Monitor& monitor) {
  SendMessage(monitor.channel.get(),
              {MessageType::kScope, monitor.context.step, 0, Op::kNone,
               static_cast<uint64_t>(monitor.child > 0 ? monitor.child : 0), 0},
              -1);
  for (;;) {
    Message reply = {};
    int fd = -1;
    const int size = ReceivePacket(monitor.channel.get(), &reply, sizeof reply, &fd);
    Fd received(fd);
    if (size < static_cast<int>(sizeof reply)) {
      errno = ECONNRESET;
      return Failed(monitor.context, Op::kPeerGone);
    }
    if (reply.type == MessageType::kAck) return 0;
    if (reply.type == MessageType::kSignal && reply.a < 64)
      monitor.waiting_signals |= uint64_t{1} << reply.a;
    // Nothing runs yet that could be frozen; the launcher stops itself, and we wait for it.
    if (reply.type == MessageType::kFreeze)
      SendMessage(monitor.channel.get(), {MessageType::kAck, 0, 0, Op::kNone, 0, 0}, -1);
  }
}

}  // namespace

int Perform(Monitor& monitor, const CgroupCreate& step) {
  // ENOENT: the last container of another command has just taken the empty parent away.
  int err = ENOENT;
  for (int tries = 0; tries < 16 && err == ENOENT; ++tries)
    err = MakeWithParents(monitor, step.path);
  return err;
}

int Perform(Monitor& monitor, const CgroupEnable& step) {
  const std::string file = std::string(step.path) + "/cgroup.subtree_control";
  // One by one: the kernel takes all or none of a line, and the item tells which one it refused.
  for (monitor.context.item = 0; monitor.context.item < step.controllers.size();
       ++monitor.context.item) {
    const int err =
        WriteFile(monitor, file, std::string("+") + step.controllers[monitor.context.item]);
    if (err != 0) return err;
  }
  return 0;
}

int Perform(Monitor& monitor, const CgroupEnter& step) {
  return WriteFile(monitor, std::string(step.path) + "/cgroup.procs", "0");
}

int Perform(Monitor& monitor, const CgroupScope&) { return AwaitSystemd(monitor); }

// The child waits for kGo meanwhile.
int Perform(Monitor& monitor, const CgroupAttach&) { return AwaitSystemd(monitor); }

int Perform(Monitor& monitor, const CgroupWrite& step) {
  const std::string path = std::string(step.path) + "/" + step.file;
  const int err = WriteFile(monitor, path, step.value);
  if (err == ENOENT && step.instead[0] != 0) {
    const std::string other = std::string(step.path) + "/" + step.instead;
    if (access(other.c_str(), F_OK) == 0) {
      monitor.context.op = Op::kNone;
      return 0;
    }
  }
  if (err == EOPNOTSUPP && step.instead[0] != 0 &&
      ServesDisk(std::string(step.path) + "/" + step.instead, step.value)) {
    monitor.context.op = Op::kNone;
    return 0;
  }
  if (err != 0 || step.expect[0] == 0) return err;
  Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return Failed(monitor.context, Op::kOpen);
  char content[4096];
  const ssize_t got = read(file.get(), content, sizeof content);
  if (got < 0) return Failed(monitor.context, Op::kRead);
  if (!Holds(std::string(content, static_cast<size_t>(got)), step.expect))
    monitor.context.op = Op::kReadBack;
  return 0;
}

int Perform(Monitor& monitor, const CgroupDevices& step) {
  Fd group(open(step.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!group.valid()) return Failed(monitor.context, Op::kOpen);
  union bpf_attr load = {};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = reinterpret_cast<uint64_t>(step.program.data);
  load.insn_cnt = step.program.size / 8;
  load.license = reinterpret_cast<uint64_t>("Apache-2.0");
  Fd program(static_cast<int>(syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load)));
  if (!program.valid()) return Failed(monitor.context, Op::kBpfLoad);
  union bpf_attr attach = {};
  attach.target_fd = static_cast<uint32_t>(group.get());
  attach.attach_bpf_fd = static_cast<uint32_t>(program.get());
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach) != 0)
    return Failed(monitor.context, Op::kBpfAttach);
  return 0;
}

}  // namespace tsrun

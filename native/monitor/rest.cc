// A monitor whose command runs has little left to do, and much of its start in memory: a plan, the
// stack and heap that carried it out, and an ordinary user's has a copy of the whole program of its
// own (seal.cc). When nothing happens for a while it executes the installed program once more,
// which all monitors share, and goes on with what it still needs: the descriptors, a pid, and the
// header of the plan.
//
// The copy was made for what is inside, which is a child of the copy from here on too: the monitor
// itself is never inside. With the host's processes in sight a container still cannot open
// /proc/PID/exe of a process of another user namespace (ptrace_may_access), so a monitor without
// one below it keeps its copy.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <type_traits>

#include "monitor/monitor.h"
#include "sys/syscalls.h"

namespace tsrun {
namespace {

constexpr char kHealth[] = "TSRUN_HEALTH";
constexpr char kOriginal[] = "TSRUN_ORIGINAL";

// "dev:ino:size:changed:path": a program that was replaced in the meantime may be of another
// version.
int PrintOriginal(const struct stat& st, const char* path, char* text, size_t size) {
  return snprintf(text, size, "%" PRIu64 ":%" PRIu64 ":%" PRId64 ":%" PRId64 ".%ld:%s",
                  static_cast<uint64_t>(st.st_dev), static_cast<uint64_t>(st.st_ino),
                  static_cast<int64_t>(st.st_size), static_cast<int64_t>(st.st_ctim.tv_sec),
                  st.st_ctim.tv_nsec, path);
}

bool HasOwnUserNamespace(const Plan& plan) {
  for (const Step& step : plan.steps) {
    const auto* clone = std::get_if<Clone>(&step);
    const auto* join = std::get_if<Join>(&step);
    if (clone != nullptr && (clone->namespaces & kNsUser) != 0) return true;
    if (join != nullptr && (join->namespaces & kNsUser) != 0) return true;
  }
  return false;
}

// What a sealed copy was made from, if it is still that; the program itself when it is no copy.
Fd OpenInstalled(const Plan& plan) {
  const char* original = getenv(kOriginal);
  if (original == nullptr) return Fd(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const char* path = strchr(original, '/');
  if (path == nullptr || !HasOwnUserNamespace(plan)) return Fd();
  Fd file(open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat st = {};
  char now[kMaxOriginal];
  if (!file.valid() || fstat(file.get(), &st) != 0) return Fd();
  const int length = PrintOriginal(st, path, now, sizeof now);
  if (length >= static_cast<int>(sizeof now) || strcmp(now, original) != 0) return Fd();
  return file;
}

Fd KeepHeader(const Header& header) {
  Plan plan;
  plan.header = header;
  const std::vector<uint8_t> bytes = EncodePlan(plan);
  Fd file(memfd_create("tsrun-plan", MFD_CLOEXEC));
  if (!file.valid() ||
      write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    return Fd();
  return file;
}

void SetCloseOnExec(const int* fds, size_t count, int flag) {
  for (size_t i = 0; i < count; ++i) fcntl(fds[i], F_SETFD, flag);
}

}  // namespace

bool NameOriginal(const struct stat& st, char* entry, size_t size) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) return false;
  path[length] = 0;
  const int name = snprintf(entry, size, "%s=", kOriginal);
  return PrintOriginal(st, path, entry + name, size - name) < static_cast<int>(size) - name;
}

void Rest(Monitor& monitor) {
  const Fd program = OpenInstalled(monitor.plan);
  const Fd header = program.valid() ? KeepHeader(monitor.plan.header) : Fd();
  if (!header.valid()) return;
  // In the order in which RestingMain reads them; those that are not there are negative.
  const int handed[] = {monitor.pidfd.get(),      header.get(),           monitor.outputs[0].get(),
                        monitor.outputs[1].get(), monitor.master.get(),   monitor.channel.get(),
                        monitor.input.get(),      monitor.listening.get()};
  std::vector<int> fds(std::begin(handed), std::end(handed));
  for (int i = 0; i < monitor.kept; ++i) fds.push_back(kFirstKept + i);
  char numbers[1 + std::size(handed)][16];
  char name[] = "tsrun-init", verb[] = "monitor", how[] = "rest";
  char* argv[3 + std::size(numbers) + 1] = {name, verb, how};
  snprintf(numbers[0], sizeof numbers[0], "%d", static_cast<int>(monitor.child));
  for (size_t i = 0; i < std::size(handed); ++i)
    snprintf(numbers[i + 1], sizeof numbers[0], "%d", handed[i]);
  for (size_t i = 0; i < std::size(numbers); ++i) argv[3 + i] = numbers[i];
  char health[96];
  const Monitor::HealthState& state = monitor.health;
  snprintf(health, sizeof health, "%s=%" PRIu64 ":%" PRIu64 ":%d", kHealth, state.started,
           state.next, state.status);
  char* env[] = {state.next == 0 ? nullptr : health, nullptr};
  SetCloseOnExec(fds.data(), fds.size(), 0);
  sys::ExecveAt(program.get(), "", argv, env, AT_EMPTY_PATH);
  // Memory is short, perhaps. The monitor goes on as it is.
  SetCloseOnExec(fds.data(), fds.size(), FD_CLOEXEC);
}

int RestingMain(int argc, char** argv) {
  if (argc != 12) return 64;
  sys::CloseRange(kChannelFd, ~0u, CLOSE_RANGE_CLOEXEC);
  prctl(PR_SET_NAME, "tsrun:monitor");
  static Monitor monitor;
  monitor.resting = true;
  monitor.was_started = true;
  monitor.child = atoi(argv[3]);
  monitor.pidfd = Fd(atoi(argv[4]));
  monitor.outputs[0] = Fd(atoi(argv[6]));
  monitor.outputs[1] = Fd(atoi(argv[7]));
  monitor.master = Fd(atoi(argv[8]));
  monitor.channel = Fd(atoi(argv[9]));
  monitor.input = Fd(atoi(argv[10]));
  monitor.listening = Fd(atoi(argv[11]));
  if (const char* health = getenv(kHealth)) {
    Monitor::HealthState& state = monitor.health;
    sscanf(health, "%" SCNu64 ":%" SCNu64 ":%d", &state.started, &state.next, &state.status);
  }
  for (int& slot : monitor.context.slots) slot = -1;
  if (!LoadPlan(monitor, atoi(argv[5])) || !OpenRecordDirectory(monitor)) return 70;
  return Finish(monitor);
}

}  // namespace tsrun

// What a monitor leaves in the directory of a kept container: that it runs, and how it ended. Read
// by src/container/kept.
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "monitor/log.h"
#include "monitor/monitor.h"
#include "monitor/record_files.h"

namespace tsrun {
namespace {

bool MakePipe(Fd* reader, Fd* writer) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  *reader = Fd(ends[0]);
  *writer = Fd(ends[1]);
  return true;
}

// What the kernel counted for the group, which is about to go: for who asks later why it ended. A
// file that is not there belongs to a controller that the group does not have.
void RecordGroup(const Monitor& monitor) {
  static constexpr const char* kFiles[] = {"memory.events", "memory.peak", "memory.max", "cpu.max",
                                           "cpu.stat",      "pids.events", "pids.max"};
  char path[PATH_MAX], text[8192], one[1024];
  if (monitor.plan.header.kill_cgroup[0] == 0) return;
  size_t at = 0;
  for (const char* name : kFiles) {
    if (snprintf(path, sizeof path, "%s/%s", monitor.plan.header.kill_cgroup, name) >=
            static_cast<int>(sizeof path) ||
        !ReadText(AT_FDCWD, path, one, sizeof one)) {
      continue;
    }
    const int wrote = snprintf(text + at, sizeof text - at, "# %s\n%s", name, one);
    if (wrote < 0 || static_cast<size_t>(wrote) >= sizeof text - at) break;
    at += static_cast<size_t>(wrote);
  }
  text[at] = 0;
  if (at > 0) WriteWhole(monitor.directory.get(), "group", text);
}

}  // namespace

// memory.events(cgroup-v2.rst): processes that the OOM killer ended in the group.
unsigned long long OomKills(const Monitor& monitor) {
  char path[PATH_MAX], text[512];
  if (monitor.plan.header.kill_cgroup[0] == 0 ||
      snprintf(path, sizeof path, "%s/memory.events", monitor.plan.header.kill_cgroup) >=
          static_cast<int>(sizeof path) ||
      !ReadText(AT_FDCWD, path, text, sizeof text)) {
    return 0;
  }
  const char* at = strstr(text, "oom_kill ");
  return at == nullptr ? 0 : strtoull(at + strlen("oom_kill "), nullptr, 10);
}

bool OpenRecordDirectory(Monitor& monitor) {
  const Str directory = monitor.plan.header.record.directory;
  if (directory[0] == 0) return true;
  monitor.directory = Fd(open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return monitor.directory.valid();
}

bool OpenRecord(Monitor& monitor) {
  if (!OpenRecordDirectory(monitor)) return false;
  const Header& header = monitor.plan.header;
  // A terminal carries all three.
  if (!monitor.directory.valid() || header.relay_terminal) return true;
  for (int i = 0; header.record.log_files > 0 && i < 2; ++i) {
    if (!MakePipe(&monitor.outputs[i], &monitor.output_writers[i])) return false;
    fcntl(monitor.outputs[i].get(), F_SETFL, O_NONBLOCK);
  }
  if (header.input != InputSource::kLauncher) {
    if (!MakePipe(&monitor.input_reader, &monitor.input)) return false;
    fcntl(monitor.input.get(), F_SETFL, O_NONBLOCK);
  }
  return true;
}

void RecordStart(const Monitor& monitor) {
  if (!monitor.directory.valid()) return;
  char boot[kBootIdSize], now[kTimeSize + 1], text[512];
  ReadBootId(boot);
  FormatTime(now);
  snprintf(
      text, sizeof text,
      "tsrun-running 1\npid %d\nstart-time %llu\nmonitor %d\nmonitor-start-time %llu\nboot %s\n"
      "started %s\nend\n",
      static_cast<int>(monitor.child), StartTime(monitor.child), static_cast<int>(getpid()),
      StartTime(getpid()), boot, now);
  WriteWhole(monitor.directory.get(), "running", text);
}

void RecordEnd(const Monitor& monitor, unsigned long long oom_kills) {
  if (!monitor.directory.valid()) return;
  char now[kTimeSize + 1], text[256];
  FormatTime(now);
  snprintf(text, sizeof text, "tsrun-exit 1\nwait-status %d\noom-kills %llu\nfinished %s\nend\n",
           monitor.wait_status, oom_kills, now);
  // Nobody asks why a command that was done has ended.
  if (monitor.wait_status != 0) RecordGroup(monitor);
  // Who it was, and since when, is still worth knowing. Where the end cannot be written down the
  // next command finds who ran, and that nobody says how it ended.
  if (WriteWhole(monitor.directory.get(), "exit", text))
    renameat(monitor.directory.get(), "running", monitor.directory.get(), "ran");
  unlinkat(monitor.directory.get(), "attach", 0);
}

void ExecuteEpilogue(const Monitor& monitor) {
  const Record& record = monitor.plan.header.record;
  // A launcher that is there does the rest itself.
  if (record.epilogue.empty() || monitor.plan.header.lifetime != Lifetime::kOwn) return;
  std::vector<char*> argv, env;
  for (const Str word : record.epilogue) argv.push_back(const_cast<char*>(word));
  argv.push_back(nullptr);
  for (const Str word : record.epilogue_env) env.push_back(const_cast<char*>(word));
  env.push_back(nullptr);
  // The locks are close-on-exec: what runs now takes them anew.
  execve(argv[0], argv.data(), env.data());
}

}  // namespace tsrun

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

namespace tsrun {
namespace {

// The first `size - 1` bytes of a file, NUL-terminated.
bool ReadText(const char* path, char* text, size_t size) {
  Fd file(open(path, O_RDONLY | O_CLOEXEC));
  const ssize_t got = file.valid() ? read(file.get(), text, size - 1) : -1;
  text[got < 0 ? 0 : got] = 0;
  return got > 0;
}

// Whole or not at all: a reader sees the old file or the new one.
void WriteWhole(int directory, const char* name, const char* text) {
  char temporary[32];
  snprintf(temporary, sizeof temporary, ".%s", name);
  Fd file(
      openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  const size_t size = strlen(text);
  // A full disk: who finds neither file knows that the monitor could not say.
  if (!file.valid() || write(file.get(), text, size) != static_cast<ssize_t>(size)) {
    unlinkat(directory, temporary, 0);
    return;
  }
  renameat(directory, temporary, directory, name);
}

// Field 22 of proc_pid_stat(5): with the number it names one process for as long as the machine is
// up.
unsigned long long StartTime(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(pid));
  if (!ReadText(path, text, sizeof text)) return 0;
  const char* at = strrchr(text, ')');
  for (int field = 2; at != nullptr && field < 22; ++field) {
    at = strchr(at + 1, ' ');
  }
  return at == nullptr ? 0 : strtoull(at, nullptr, 10);
}

bool MakePipe(Fd* reader, Fd* writer) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  *reader = Fd(ends[0]);
  *writer = Fd(ends[1]);
  return true;
}

}  // namespace

// memory.events(cgroup-v2.rst): processes that the OOM killer ended in the group.
unsigned long long OomKills(const Monitor& monitor) {
  char path[PATH_MAX], text[512];
  if (monitor.plan.header.kill_cgroup[0] == 0 ||
      snprintf(path, sizeof path, "%s/memory.events", monitor.plan.header.kill_cgroup) >=
          static_cast<int>(sizeof path) ||
      !ReadText(path, text, sizeof text)) {
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
  char boot[64], now[kTimeSize + 1], text[512];
  ReadText("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
  boot[strcspn(boot, "\n")] = 0;
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
  WriteWhole(monitor.directory.get(), "exit", text);
  unlinkat(monitor.directory.get(), "running", 0);
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

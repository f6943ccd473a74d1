// What happens to a container, as a line of the file that `events` reads; docs/events.md describes
// it. src/events/record-events.ts writes the same file and rotates it in the same way.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <climits>
#include <cstdio>

#include "monitor/monitor.h"

namespace tsrun {
namespace {

constexpr size_t kMaxLine = 4096;
constexpr off_t kRotateAt = 1 << 20;

// Whoever renames holds the file's lock and has looked that the name is still its own.
void RotateWhenLarge(int fd, const char* path) {
  struct stat mine = {}, named = {};
  if (fstat(fd, &mine) != 0 || mine.st_size <= kRotateAt) return;
  char older[PATH_MAX];
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 || stat(path, &named) != 0 || named.st_ino != mine.st_ino ||
      named.st_dev != mine.st_dev ||
      snprintf(older, sizeof older, "%s.1", path) >= static_cast<int>(sizeof older)) {
    return;
  }
  rename(path, older);
}

// What `rename` left, if somebody did.
bool ReadActor(const Monitor& monitor, char* text, size_t size) {
  if (!monitor.directory.valid()) return false;
  Fd file(openat(monitor.directory.get(), "actor", O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  const ssize_t got = file.valid() ? read(file.get(), text, size - 1) : -1;
  if (got <= 0) return false;
  text[got] = 0;
  return true;
}

struct Actor {
  const char* type;
  const char* id;
  const char* attributes;
};

void Write(const char* path, const char* action, const Actor& actor, const char* more) {
  struct timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  char line[kMaxLine];
  const int size =
      snprintf(line, sizeof line,
               "{\"Type\":\"%s\",\"Action\":\"%s\",\"Actor\":{\"ID\":\"%s\",\"Attributes\":{%s%s}},"
               "\"scope\":\"local\",\"time\":%lld,\"timeNano\":%lld%09ld}\n",
               actor.type, action, actor.id, actor.attributes, more,
               static_cast<long long>(now.tv_sec), static_cast<long long>(now.tv_sec), now.tv_nsec);
  if (size >= static_cast<int>(sizeof line)) return;
  // Non-blocking for what is no file. What cannot be written is lost: the container goes on.
  Fd file(open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!file.valid() || write(file.get(), line, static_cast<size_t>(size)) != size) return;
  RotateWhenLarge(file.get(), path);
}

}  // namespace

void RecordEvent(const Monitor& monitor, const char* action, const char* more) {
  const EventTarget& to = monitor.plan.header.events;
  if (to.file[0] == 0) return;
  char renamed[kMaxLine];
  const char* attributes = ReadActor(monitor, renamed, sizeof renamed)
                               ? renamed
                               : static_cast<const char*>(to.attributes);
  Write(to.file, action, {"container", to.id, attributes}, more);
}

void RecordStartEvents(const Monitor& monitor) {
  const EventTarget& to = monitor.plan.header.events;
  for (const MountedVolume& volume : to.volumes)
    Write(to.file, "mount", {"volume", volume.name, volume.attributes}, "");
  RecordEvent(monitor, "start", "");
}

void RecordEndEvents(const Monitor& monitor, unsigned long long oom_kills) {
  if (oom_kills > 0) RecordEvent(monitor, "oom", "");
  const int status = monitor.wait_status;
  // As a shell's $?.
  const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  char more[32];
  snprintf(more, sizeof more, ",\"exitCode\":\"%d\"", code);
  RecordEvent(monitor, "die", more);
  const EventTarget& to = monitor.plan.header.events;
  char attributes[160];
  snprintf(attributes, sizeof attributes, "\"container\":\"%s\",\"driver\":\"local\"", to.id);
  for (const MountedVolume& volume : to.volumes)
    Write(to.file, "unmount", {"volume", volume.name, attributes}, "");
}

}  // namespace tsrun

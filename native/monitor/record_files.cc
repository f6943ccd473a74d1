#include "monitor/record_files.h"

#include <fcntl.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sys/fd.h"

namespace tsrun {

bool ReadText(int directory, const char* path, char* text, size_t size) {
  Fd file(openat(directory, path, O_RDONLY | O_CLOEXEC));
  const ssize_t got = file.valid() ? read(file.get(), text, size - 1) : -1;
  text[got < 0 ? 0 : got] = 0;
  return got > 0;
}

bool WriteWhole(int directory, const char* name, const char* text) {
  return WriteWholeBytes(directory, name, text, strlen(text));
}

bool WriteWholeBytes(int directory, const char* name, const char* bytes, size_t size) {
  char temporary[32];
  snprintf(temporary, sizeof temporary, ".%s", name);
  // Not truncated before: what is there already is room that was reserved for a disk that is full
  // by now (src/container/kept/monitor-files.ts).
  Fd file(openat(directory, temporary, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid() || write(file.get(), bytes, size) != static_cast<ssize_t>(size) ||
      ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
    unlinkat(directory, temporary, 0);
    return false;
  }
  return renameat(directory, temporary, directory, name) == 0;
}

// Field 22 of proc_pid_stat(5).
unsigned long long StartTime(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(pid));
  if (!ReadText(AT_FDCWD, path, text, sizeof text)) return 0;
  const char* at = strrchr(text, ')');
  for (int field = 2; at != nullptr && field < 22; ++field) {
    at = strchr(at + 1, ' ');
  }
  return at == nullptr ? 0 : strtoull(at, nullptr, 10);
}

void ReadBootId(char (&text)[kBootIdSize]) {
  ReadText(AT_FDCWD, "/proc/sys/kernel/random/boot_id", text, sizeof text);
  text[strcspn(text, "\n")] = 0;
}

}  // namespace tsrun

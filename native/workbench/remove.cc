#include "workbench/remove.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "sys/fd.h"

namespace tsrun {
namespace {

// A chain of directories deeper than this is cut and hung up at the top: descriptors and stack stay
// bounded.
constexpr size_t kMaxLevels = 48;
constexpr int kMaxPasses = 1000;

struct Level {
  Fd fd;
  std::string name;
  std::vector<std::string> children;
  int passes = 0;
};

// By one name, as a directory listed it a moment ago: it may be a link by now, or a mount. It
// cannot climb, so RESOLVE_BENEATH would add nothing.
Fd OpenDirectory(int parent, const char* name) {
  open_how how = {};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  return Fd(static_cast<int>(syscall(SYS_openat2, parent, name, &how, sizeof how)));
}

bool IsDots(const char* name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

// Removes what is no directory, collects the names of what is.
int Sweep(Level* level, std::string* failed) {
  alignas(dirent64) static char entries[65536];
  if (lseek(level->fd.get(), 0, SEEK_SET) < 0) return errno;
  for (;;) {
    const long got = syscall(SYS_getdents64, level->fd.get(), entries, sizeof entries);
    if (got < 0) return errno;
    if (got == 0) return 0;
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      if (IsDots(entry->d_name)) continue;
      if (entry->d_type == DT_DIR) {
        level->children.emplace_back(entry->d_name);
        continue;
      }
      if (unlinkat(level->fd.get(), entry->d_name, 0) == 0 || errno == ENOENT) continue;
      if (errno == EISDIR) {
        level->children.emplace_back(entry->d_name);
        continue;
      }
      *failed = entry->d_name;
      return errno;
    }
  }
}

}  // namespace

int RemoveBelow(int parent, const char* name, std::string* failed) {
  std::string unused;
  if (failed == nullptr) failed = &unused;
  std::vector<Level> levels(1);
  levels[0].name = name;
  levels[0].fd = OpenDirectory(parent, name);
  *failed = name;
  if (!levels[0].fd.valid()) return errno;
  if (const int err = Sweep(&levels[0], failed)) return err;
  unsigned hung_up = 0;
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.children.empty()) {
      const int above = levels.size() > 1 ? levels[levels.size() - 2].fd.get() : parent;
      *failed = level.name;
      if (unlinkat(above, level.name.c_str(), AT_REMOVEDIR) == 0) {
        levels.pop_back();
        continue;
      }
      // Some filesystems skip entries when others are removed while reading: look again.
      if (errno != ENOTEMPTY || ++level.passes > kMaxPasses) return errno;
      if (const int err = Sweep(&level, failed)) return err;
      continue;
    }
    const std::string child = std::move(level.children.back());
    level.children.pop_back();
    *failed = child;
    if (levels.size() == kMaxLevels) {
      const std::string there = ".tsrun-remove-" + std::to_string(hung_up++);
      if (renameat2(level.fd.get(), child.c_str(), levels[0].fd.get(), there.c_str(),
                    RENAME_NOREPLACE) != 0) {
        if (errno != EEXIST) return errno;
        level.children.push_back(child);
        continue;
      }
      levels[0].children.push_back(there);
      continue;
    }
    Level next;
    next.name = child;
    next.fd = OpenDirectory(level.fd.get(), child.c_str());
    if (!next.fd.valid()) return errno;
    if (const int err = Sweep(&next, failed)) return err;
    levels.push_back(std::move(next));
  }
  failed->clear();
  return 0;
}

}  // namespace tsrun

#include "workbench/remove.h"

#include <fcntl.h>

#include <cerrno>
#include <vector>

#include "workbench/names.h"

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

// Removes what is no directory, collects the names of what is.
int Sweep(Level* level, std::string* failed) {
  const int fd = level->fd.get();
  return EachEntry(fd, [&](const dirent64& entry) {
    if (entry.d_type != DT_DIR) {
      if (unlinkat(fd, entry.d_name, 0) == 0 || errno == ENOENT) return 0;
      if (errno != EISDIR) {
        *failed = entry.d_name;
        return errno;
      }
    }
    level->children.emplace_back(entry.d_name);
    return 0;
  });
}

}  // namespace

int RemoveBelow(int parent, const char* name, std::string* failed) {
  std::string unused;
  if (failed == nullptr) failed = &unused;
  std::vector<Level> levels(1);
  levels[0].name = name;
  levels[0].fd = OpenListed(parent, name);
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
    next.fd = OpenListed(level.fd.get(), child.c_str());
    if (!next.fd.valid()) return errno;
    if (const int err = Sweep(&next, failed)) return err;
    levels.push_back(std::move(next));
  }
  failed->clear();
  return 0;
}

}  // namespace tsrun

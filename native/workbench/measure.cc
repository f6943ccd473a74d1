#include "workbench/measure.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>
#include <vector>

#include "workbench/names.h"

namespace tsrun {
namespace {

// A descriptor for each level that is open: below the usual limit of 1024.
constexpr size_t kMaxLevels = 900;

struct Level {
  Fd fd;
  std::vector<std::string> children;
};

class Tree {
 public:
  explicit Tree(uint64_t* bytes) : bytes_(bytes) {}

  int List(Level* level, std::string* failed) {
    return EachEntry(level->fd.get(), [&](const dirent64& entry) {
      const int err = Add(level, entry.d_name);
      if (err != 0) *failed = entry.d_name;
      return err;
    });
  }

 private:
  int Add(Level* level, const char* name) {
    struct stat st;
    if (fstatat(level->fd.get(), name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
      return errno == ENOENT ? 0 : errno;
    }
    if (S_ISDIR(st.st_mode)) {
      level->children.emplace_back(name);
      return 0;
    }
    if (st.st_nlink > 1 && !seen_.emplace(st.st_dev, st.st_ino).second) return 0;
    *bytes_ += static_cast<uint64_t>(st.st_size);
    return 0;
  }

  uint64_t* bytes_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

int MeasureBelow(int parent, const char* name, uint64_t* bytes, std::string* failed) {
  *bytes = 0;
  Tree tree(bytes);
  std::vector<Level> levels(1);
  levels[0].fd = OpenListed(parent, name);
  *failed = name;
  if (!levels[0].fd.valid()) return errno;
  if (const int err = tree.List(&levels[0], failed)) return err;
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.children.empty()) {
      levels.pop_back();
      continue;
    }
    const std::string child = std::move(level.children.back());
    level.children.pop_back();
    *failed = child;
    if (levels.size() == kMaxLevels) return ENAMETOOLONG;
    Level next;
    next.fd = OpenListed(level.fd.get(), child.c_str());
    if (!next.fd.valid()) {
      // Gone, or a file by now.
      if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) continue;
      return errno;
    }
    if (const int err = tree.List(&next, failed)) return err;
    levels.push_back(std::move(next));
  }
  failed->clear();
  return 0;
}

}  // namespace tsrun

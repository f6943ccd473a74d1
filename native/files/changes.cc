#include "files/changes.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "workbench/names.h"
#include "workbench/wire.h"

namespace tsrun {
namespace {

bool IsWhiteout(const struct stat& st) {
  return S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0);
}

struct Found {
  Fd handle;
  struct stat st = {};
  bool there() const { return handle.valid(); }
  bool is_directory() const { return there() && S_ISDIR(st.st_mode); }
};

// 0 when there is nothing of that name too.
int Find(int directory, const char* name, Found* found) {
  if (directory < 0) return 0;
  found->handle = HandleOf(directory, name);
  if (!found->handle.valid()) return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
  return fstat(found->handle.get(), &found->st) == 0 ? 0 : errno;
}

class Finder {
 public:
  Finder(const Handles& handles, const char* opaque, const std::set<std::string>& ignored,
         std::vector<Change>* changes)
      : handles_(handles), opaque_(opaque), ignored_(ignored), changes_(changes) {}

  // What happened below one directory.
  struct Below {
    bool changed = false;
    bool ignored = false;
  };
  // `lower`: -1 when the layers have no such directory. `hides`: the lower one does not shine
  // through.
  int Directory(int upper, int lower, bool hides, const std::string& path, Below* below);
  const std::string& at() const { return at_; }

 private:
  int Entry(const std::string& path, Found upper, const Found& lower, Below* below);
  int Pair(const std::string& path, const Found& upper, const Found& lower, Below* below);
  int SameMetadata(const Found& upper, const Found& lower, bool with_time, bool* same);
  int IsEmpty(const Found& found, bool* empty);
  void Add(char kind, const std::string& path) { changes_->push_back({kind, path}); }

  const Handles& handles_;
  const char* opaque_;
  const std::set<std::string>& ignored_;
  std::vector<Change>* changes_;
  std::string at_;
};

int Finder::IsEmpty(const Found& found, bool* empty) {
  *empty = S_ISREG(found.st.st_mode) && found.st.st_size == 0;
  if (!found.is_directory()) return 0;
  const Fd directory = handles_.Reopen(found.handle.get(), O_RDONLY | O_DIRECTORY);
  std::vector<std::string> names;
  if (!directory.valid()) return errno;
  const int err = NamesIn(directory.get(), &names);
  *empty = names.empty();
  return err;
}

int Finder::SameMetadata(const Found& upper, const Found& lower, bool with_time, bool* same) {
  Metadata one;
  Metadata other;
  TakeStat(upper.st, &one);
  TakeStat(lower.st, &other);
  if (const int err = handles_.ReadXattrs(upper.handle.get(), &one)) return err;
  if (const int err = handles_.ReadXattrs(lower.handle.get(), &other)) return err;
  std::sort(one.xattrs.begin(), one.xattrs.end());
  std::sort(other.xattrs.begin(), other.xattrs.end());
  const bool same_time =
      one.mtime_seconds == other.mtime_seconds && one.mtime_nanoseconds == other.mtime_nanoseconds;
  *same = one.mode == other.mode && one.uid == other.uid && one.gid == other.gid &&
          one.xattrs == other.xattrs && (same_time || !with_time);
  return 0;
}

// A directory of both.
int Finder::Pair(const std::string& path, const Found& upper, const Found& lower, Below* below) {
  const Fd above = handles_.Reopen(upper.handle.get(), O_RDONLY | O_DIRECTORY);
  const Fd under = handles_.Reopen(lower.handle.get(), O_RDONLY | O_DIRECTORY);
  if (!above.valid() || !under.valid()) return errno;
  char value = 0;
  const bool hides = fgetxattr(above.get(), opaque_, &value, 1) == 1 && value == 'y';
  // Its line stands before those of its files, and depends on them.
  const size_t line = changes_->size();
  Add('C', path);
  Below inside;
  if (const int err = Directory(above.get(), under.get(), hides, path, &inside)) return err;
  bool same = false;
  if (!inside.changed) {
    // Making something to mount on changed its time.
    const int err = SameMetadata(upper, lower, !inside.ignored, &same);
    if (err != 0) return err;
  }
  if (same) changes_->erase(changes_->begin() + static_cast<std::ptrdiff_t>(line));
  below->changed = below->changed || !same;
  below->ignored = below->ignored || (same && inside.ignored);
  return 0;
}

int Finder::Entry(const std::string& path, Found upper, const Found& lower, Below* below) {
  at_ = path;
  if (path.size() > kMaxPath) return ENAMETOOLONG;
  if (!upper.there() || IsWhiteout(upper.st)) {
    if (lower.there()) {
      Add('D', path);
      below->changed = true;
    }
    return 0;
  }
  if (!lower.there() && ignored_.count(path) != 0) {
    bool empty = false;
    if (const int err = IsEmpty(upper, &empty)) return err;
    if (empty) {
      below->ignored = true;
      return 0;
    }
  }
  if (upper.is_directory() && lower.is_directory()) return Pair(path, upper, lower, below);
  Add(lower.there() ? 'C' : 'A', path);
  below->changed = true;
  if (!upper.is_directory()) return 0;
  const Fd above = handles_.Reopen(upper.handle.get(), O_RDONLY | O_DIRECTORY);
  if (!above.valid()) return errno;
  upper.handle.Close();
  Below inside;
  return Directory(above.get(), -1, false, path, &inside);
}

int Finder::Directory(int upper, int lower, bool hides, const std::string& path, Below* below) {
  std::vector<std::string> names;
  if (const int err = NamesIn(upper, &names)) return err;
  // What a directory that hides the lower one does not have itself is gone.
  if (hides && lower >= 0) {
    if (const int err = NamesIn(lower, &names)) return err;
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& name : names) {
    const std::string child = path.empty() ? name : path + "/" + name;
    at_ = child;
    Found above;
    Found under;
    if (const int err = Find(upper, name.c_str(), &above)) return err;
    if (const int err = Find(lower, name.c_str(), &under)) return err;
    if (under.there() && IsWhiteout(under.st)) under = Found();
    if (const int err = Entry(child, std::move(above), under, below)) return err;
  }
  return 0;
}

}  // namespace

int FindChanges(const Handles& handles, int upper, int lower, bool userxattr,
                const std::set<std::string>& ignored, std::vector<Change>* changes,
                std::string* failed) {
  const Fd above = handles.Reopen(upper, O_RDONLY | O_DIRECTORY);
  const Fd under = handles.Reopen(lower, O_RDONLY | O_DIRECTORY);
  if (!above.valid() || !under.valid()) return errno;
  Finder finder(handles, userxattr ? "user.overlay.opaque" : "trusted.overlay.opaque", ignored,
                changes);
  Finder::Below below;
  const int err = finder.Directory(above.get(), under.get(), false, "", &below);
  if (err != 0) *failed = finder.at();
  return err;
}

}  // namespace tsrun

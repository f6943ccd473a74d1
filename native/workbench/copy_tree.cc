#include "workbench/copy_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <utility>
#include <vector>

#include "sys/fd.h"
#include "sys/syscalls.h"
#include "workbench/copy_up.h"
#include "workbench/names.h"

namespace tsrun {
namespace {

// One at a time by its path, so that no depth of directories takes more descriptors.
Fd OpenBelow(int root, const std::string& path) {
  return Fd(sys::Openat2(root, path.empty() ? "." : path.c_str(),
                         O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0,
                         RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV));
}

class TreeCopy {
 public:
  TreeCopy(int from, int to, Skipped* skipped, std::string* failed)
      : from_(from), to_(to), skipped_(skipped), failed_(failed) {}

  int Run() {
    directories_.emplace_back();
    for (size_t i = 0; i < directories_.size(); ++i) {
      if (const int err = CopyDirectory(i)) return err;
    }
    // Last and from the inside out: a name that is made changes the time of its directory, and the
    // mode may take the right to make one.
    for (auto at = directories_.rbegin(); at != directories_.rend(); ++at) {
      *failed_ = at->path;
      const Fd copy = OpenBelow(to_, at->path);
      if (!copy.valid()) return errno;
      if (const int err = SetMetadata(copy.get(), at->meta, -1, skipped_).err) return err;
    }
    failed_->clear();
    return 0;
  }

 private:
  struct Directory {
    std::string path;
    Metadata meta;
  };

  int CopyDirectory(size_t index) {
    const std::string path = directories_[index].path;
    *failed_ = path;
    const Fd source = OpenBelow(from_, path);
    if (!source.valid()) return errno;
    const Fd copy = OpenBelow(to_, path);
    if (!copy.valid()) return errno;
    if (const int err = ReadMetadata(source.get(), &directories_[index].meta)) return err;
    std::vector<std::string> names;
    if (const int err = NamesIn(source.get(), &names)) return err;
    for (const std::string& name : names) {
      const std::string below = path.empty() ? name : path + "/" + name;
      *failed_ = below;
      if (const int err = CopyEntry(source.get(), copy.get(), name, below)) return err;
    }
    return 0;
  }

  int CopyEntry(int source, int copy, const std::string& name, const std::string& path) {
    struct stat st;
    if (fstatat(source, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return errno;
    if (S_ISDIR(st.st_mode)) {
      if (mkdirat(copy, name.c_str(), 0700) != 0) return errno;
      directories_.push_back({path, {}});
      return 0;
    }
    const auto first = st.st_nlink > 1 ? links_.find({st.st_dev, st.st_ino}) : links_.end();
    if (first != links_.end()) {
      return linkat(to_, first->second.c_str(), copy, name.c_str(), 0) == 0 ? 0 : errno;
    }
    const int err = CopyUp(source, name.c_str(), copy, name.c_str(), skipped_);
    if (err == EPERM && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))) {
      ++skipped_->devices;
      return 0;
    }
    if (err == 0 && st.st_nlink > 1) links_.emplace(std::pair(st.st_dev, st.st_ino), path);
    return err;
  }

  const int from_;
  const int to_;
  Skipped* const skipped_;
  std::string* const failed_;
  std::vector<Directory> directories_;
  // The first path of what has several.
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
};

}  // namespace

int CopyTree(int from, int to, Skipped* skipped, std::string* failed) {
  return TreeCopy(from, to, skipped, failed).Run();
}

}  // namespace tsrun

#include "workbench/merged_view.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

namespace tsrun {
namespace {

constexpr int kMaxLinks = 40;
constexpr size_t kMaxComponents = 4096;

std::string Join(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + "/" + name;
}

bool IsWhiteout(const struct stat& st) {
  return S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0);
}

}  // namespace

int ReadLink(int parent, const char* name, std::string* target) {
  target->resize(kMaxPath + 1);
  const ssize_t length = readlinkat(parent, name, target->data(), target->size());
  if (length < 0) return errno;
  target->resize(static_cast<size_t>(length));
  return 0;
}

bool MergedView::IsOpaque(int fd) const {
  char value = 0;
  return fgetxattr(fd, tree_->opaque_name(), &value, 1) == 1 && value == 'y';
}

// Whether this layer itself keeps lower directories at `path` from showing.
bool MergedView::HiddenByOwn(const std::string& path) {
  const auto own = tree_->directories().find(path);
  if (own != tree_->directories().end()) return own->second.opaque;
  Place place;
  if (tree_->Find(path, &place) != 0 || place.Path() != path) return false;
  struct stat st;
  return fstatat(place.parent, place.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int MergedView::Descend(const std::string& path, const std::string& name) {
  Level next;
  next.path = path;
  if (!HiddenByOwn(path)) {
    for (const Fd& directory : levels_.back().directories) {
      Fd child(openat(directory.get(), name.c_str(),
                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
      if (!child.valid()) {
        if (errno == ENOENT) continue;
        // A file, a symlink or a whiteout: below it nothing shows.
        if (errno == ENOTDIR || errno == ELOOP) break;
        return errno;
      }
      const bool opaque = IsOpaque(child.get());
      next.directories.push_back(std::move(child));
      if (opaque) break;
    }
  }
  levels_.push_back(std::move(next));
  return 0;
}

int MergedView::Enter(const std::string& path) {
  if (levels_.empty()) {
    Level root;
    if (!tree_->root_opaque()) {
      for (const Fd& lower : lower_) {
        Fd directory(openat(lower.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!directory.valid()) return errno;
        root.directories.push_back(std::move(directory));
      }
    }
    levels_.push_back(std::move(root));
  }
  // Back to the deepest level on the way to `path`.
  while (levels_.size() > 1) {
    const std::string& at = levels_.back().path;
    if (path == at || path.compare(0, at.size() + 1, at + "/") == 0) break;
    levels_.pop_back();
  }
  while (levels_.back().path != path) {
    const std::string& at = levels_.back().path;
    const size_t start = at.empty() ? 0 : at.size() + 1;
    const size_t slash = path.find('/', start);
    const std::string name = path.substr(start, slash == std::string::npos ? slash : slash - start);
    if (const int err = Descend(Join(at, name), name)) return err;
  }
  return 0;
}

int MergedView::Lower(const std::string& parent, const std::string& name, LowerEntry* entry) {
  *entry = LowerEntry();
  if (const int err = Enter(parent)) return err;
  for (const Fd& directory : levels_.back().directories) {
    if (fstatat(directory.get(), name.c_str(), &entry->st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;
      return errno;
    }
    if (IsWhiteout(entry->st)) return 0;
    entry->found = true;
    entry->parent = directory.get();
    return 0;
  }
  return 0;
}

int MergedView::Resolve(const std::string& path, std::string* canonical) {
  canonical->clear();
  std::string left = path;
  int links = 0;
  for (size_t count = 0; !left.empty(); ++count) {
    if (count > kMaxComponents) return ELOOP;
    const size_t slash = left.find('/');
    const std::string name = left.substr(0, slash);
    left = slash == std::string::npos ? std::string() : left.substr(slash + 1);
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      const size_t last = canonical->rfind('/');
      canonical->resize(last == std::string::npos ? 0 : last);
      continue;
    }
    const std::string next = Join(*canonical, name);
    if (next.size() > kMaxPath) return ENAMETOOLONG;
    const auto own = tree_->directories().find(next);
    const bool implied =
        own != tree_->directories().end() && own->second.origin == Origin::kImplied;
    if (own != tree_->directories().end() && !implied) {
      *canonical = next;
      continue;
    }
    Place place;
    struct stat st = {};
    std::string target;
    const bool own_entry = !implied && tree_->Find(next, &place) == 0 && place.Path() == next &&
                           fstatat(place.parent, place.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (own_entry && S_ISLNK(st.st_mode)) {
      if (const int err = ReadLink(place.parent, place.name.c_str(), &target)) return err;
    } else if (own_entry) {
      if (!IsWhiteout(st)) return ENOTDIR;
    } else {
      LowerEntry lower;
      if (const int err = Lower(*canonical, name, &lower)) return err;
      if (lower.found && S_ISLNK(lower.st.st_mode)) {
        if (const int err = ReadLink(lower.parent, name.c_str(), &target)) return err;
      } else if (lower.found && !S_ISDIR(lower.st.st_mode) && !implied) {
        return ENOTDIR;
      }
    }
    if (target.empty()) {
      *canonical = next;
      continue;
    }
    if (++links > kMaxLinks) return ELOOP;
    if (target[0] == '/') canonical->clear();
    left = left.empty() ? target : target + "/" + left;
  }
  return 0;
}

}  // namespace tsrun

#include "workbench/tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "workbench/names.h"
#include "workbench/remove.h"
#include "workbench/replaced.h"
#include "workbench/reply.h"

namespace tsrun {
namespace {

constexpr int kMaxLinks = 40;            // as the kernel's own resolution, path_resolution(7)
constexpr size_t kMaxComponents = 4096;  // of one resolution, symlinks expanded
constexpr size_t kMaxOpen = 256;

Metadata DefaultDirectory() {
  Metadata meta;
  meta.mode = 0755;
  return meta;
}

// Everything below `path` in an ordered container: keys from "path/" up to but not including
// "path0" ('0' follows '/').
template <typename Container>
auto Below(Container& container, const std::string& path) {
  return std::make_pair(container.lower_bound(path + "/"), container.lower_bound(path + "0"));
}

// The queue of open descriptors knows the old path only.
void OnMove(Directory* directory) { directory->fd.Close(); }
void OnMove(size_t*) {}
void OnMove(uint32_t*) {}

template <typename Map>
void RekeyBelow(Map* map, const std::string& from, const std::string& to) {
  auto [begin, end] = Below(*map, from);
  std::vector<typename Map::node_type> nodes;
  while (begin != end) nodes.push_back(map->extract(begin++));
  for (auto& node : nodes) {
    OnMove(&node.mapped());
    node.key() = to + node.key().substr(from.size());
    map->insert(std::move(node));
  }
}

}  // namespace

bool IsWhiteout(int parent, const char* name) {
  struct stat st;
  return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(st.st_mode) &&
         st.st_rdev == makedev(0, 0);
}

Tree::Tree(int root, const char* opaque_name) : root_(root), opaque_name_(opaque_name) {
  directories_[""].meta = DefaultDirectory();
}

int Tree::Open(const std::string& canonical, int* fd) {
  if (canonical.empty()) {
    *fd = root_;
    return 0;
  }
  const auto found = directories_.find(canonical);
  if (found == directories_.end()) return ENOENT;
  Directory& directory = found->second;
  if (!directory.fd.valid()) {
    // Canonical: every component was made as a directory by us. The process is confined to the tree
    // besides.
    directory.fd =
        Fd(openat(root_, canonical.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory.fd.valid()) return errno;
    open_order_.push_back(canonical);
  }
  *fd = directory.fd.get();
  return 0;
}

void Tree::Trim() {
  while (open_order_.size() > kMaxOpen) {
    const auto oldest = directories_.find(open_order_.front());
    if (oldest != directories_.end()) oldest->second.fd.Close();
    open_order_.pop_front();
  }
}

int Tree::MakeDirectory(const Place& place, Origin origin, const Metadata& meta) {
  const std::string path = place.Path();
  bool opaque = false;
  while (mkdirat(place.parent, place.name.c_str(), 0700) != 0) {
    if (errno != EEXIST) return errno;
    const auto found = directories_.find(path);
    if (found != directories_.end()) {
      found->second.origin = origin;
      found->second.meta = meta;
      return 0;
    }
    if (const int err = Clear(place, &opaque)) return err;
  }
  Directory& directory = directories_[path];
  directory.origin = origin;
  directory.meta = meta;
  if (!opaque) return 0;
  // The lower entry of this name was deleted or replaced by this layer before; without the mark it
  // would shine through.
  directory.origin = Origin::kEntry;
  return MarkOpaque(path);
}

int Tree::Walk(std::string_view path, Missing missing, std::string* canonical) {
  canonical->clear();
  if (path.empty()) return 0;
  if (directories_.find(path) != directories_.end()) {
    canonical->assign(path);
    return 0;
  }
  std::string left(path);
  int links = 0;
  for (size_t count = 0; !left.empty(); ++count) {
    if (count > kMaxComponents) return ELOOP;
    const size_t slash = left.find('/');
    std::string name = left.substr(0, slash);
    left = slash == std::string::npos ? std::string() : left.substr(slash + 1);
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      const size_t last = canonical->rfind('/');
      canonical->resize(last == std::string::npos ? 0 : last);
      continue;
    }
    Place place;
    place.parent_path = *canonical;
    place.name = std::move(name);
    std::string next = place.Path();
    if (next.size() > kMaxPath) return ENAMETOOLONG;
    if (directories_.find(next) != directories_.end()) {
      *canonical = std::move(next);
      continue;
    }
    if (const int err = Open(*canonical, &place.parent)) return err;
    struct stat st;
    if (fstatat(place.parent, place.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT || missing == Missing::kFail) return errno;
    } else if (S_ISLNK(st.st_mode)) {
      if (++links > kMaxLinks) return ELOOP;
      std::string target(kMaxPath + 1, '\0');
      const ssize_t length =
          readlinkat(place.parent, place.name.c_str(), target.data(), target.size());
      if (length < 0) return errno;
      target.resize(static_cast<size_t>(length));
      if (target[0] == '/') canonical->clear();
      left = left.empty() ? target : target + "/" + left;
      continue;
    } else if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(0, 0)) {
      return ENOTDIR;
    } else if (missing != Missing::kMake) {
      return missing == Missing::kFail ? ENOENT : ENODATA;
    }
    if (const int err = MakeDirectory(place, Origin::kImplied, DefaultDirectory())) return err;
    *canonical = std::move(next);
  }
  return 0;
}

int Tree::Split(std::string_view path, Missing missing, Place* place) {
  const size_t slash = path.rfind('/');
  place->name.assign(slash == std::string_view::npos ? path : path.substr(slash + 1));
  const std::string_view parent = slash == std::string_view::npos ? "" : path.substr(0, slash);
  if (const int err = Walk(parent, missing, &place->parent_path)) return err;
  return Open(place->parent_path, &place->parent);
}

int Tree::Locate(std::string_view path, Place* place) { return Split(path, Missing::kMake, place); }

int Tree::Find(std::string_view path, Place* place) { return Split(path, Missing::kFail, place); }

int Tree::LocateForMark(std::string_view path, Place* place) {
  return Split(path, Missing::kMakeForMark, place);
}

int Tree::LocateDirectory(std::string_view path, std::string* canonical, int* fd) {
  if (const int err = Walk(path, Missing::kMakeForMark, canonical)) return err;
  return Open(*canonical, fd);
}

int Tree::EnsureDirectory(const std::string& canonical) {
  std::string walked;
  const int err = Walk(canonical, Missing::kMake, &walked);
  if (err != 0) return err;
  return walked == canonical ? 0 : ELOOP;
}

void Tree::Forget(const std::string& path) {
  directories_.erase(path);
  whiteouts_.erase(path);
  placeholders_.erase(path);
  auto directories = Below(directories_, path);
  directories_.erase(directories.first, directories.second);
  auto whiteouts = Below(whiteouts_, path);
  whiteouts_.erase(whiteouts.first, whiteouts.second);
  auto placeholders = Below(placeholders_, path);
  placeholders_.erase(placeholders.first, placeholders.second);
}

// What is about to be removed at `path` and below it.
int Tree::GiveContents(const std::string& path) {
  const auto give = [&](auto at) {
    const int err = GiveReplaced(root_, at->first, at->second);
    if (err == 0) contents_.erase(at);
    return err;
  };
  if (const auto own = contents_.find(path); own != contents_.end()) return give(own);
  for (auto at = contents_.lower_bound(path + "/"); at != contents_.lower_bound(path + "0");) {
    if (const int err = give(at++)) return err;
  }
  return 0;
}

int Tree::Clear(const Place& place, bool* hid_lower) {
  *hid_lower = false;
  const std::string path = place.Path();
  if (const int err = GiveContents(path)) return err;
  if (directories_.find(path) != directories_.end()) {
    Forget(path);
    return RemoveBelow(place.parent, place.name.c_str(), nullptr);
  }
  // Whatever it was, a directory of lower layers did not show through it.
  *hid_lower = true;
  if (unlinkat(place.parent, place.name.c_str(), 0) != 0) return errno;
  Forget(path);
  return 0;
}

int Tree::MarkOpaque(const std::string& canonical) {
  int fd = -1;
  if (const int err = Open(canonical, &fd)) return err;
  directories_[canonical].opaque = true;
  // overlayfs does not look at the mark of a layer's root: Settle() hides what is below it name by
  // name.
  if (canonical.empty()) return 0;
  return fsetxattr(fd, opaque_name_, "y", 1, 0) == 0 ? 0 : errno;
}

int Tree::Whiteout(const Place& place) {
  const std::string path = place.Path();
  const auto directory = directories_.find(path);
  if (directory != directories_.end() && HoldsOnlyMarks(path)) {
    bool whiteout = false;
    if (const int err = Clear(place, &whiteout)) return err;
  } else if (directory != directories_.end()) {
    // A whiteout is about lower layers only: what this layer put there stays, alone.
    return MarkOpaque(path);
  }
  if (mknodat(place.parent, place.name.c_str(), S_IFCHR, makedev(0, 0)) == 0) {
    whiteouts_.insert(path);
    return 0;
  }
  return errno == EEXIST ? 0 : errno;
}

bool Tree::HoldsOnlyMarks(const std::string& path) {
  const auto own = directories_.find(path);
  if (own == directories_.end() || own->second.origin != Origin::kImplied) return false;
  int fd = -1;
  std::vector<std::string> names;
  if (Open(path, &fd) != 0 || NamesIn(fd, &names) != 0) return false;
  for (const std::string& name : names) {
    const std::string child = path + "/" + name;
    if (whiteouts_.count(child) == 0 && !HoldsOnlyMarks(child)) return false;
  }
  return true;
}

void Tree::Renamed(const std::string& from, const std::string& to) {
  const auto rekey = [&](auto* map) {
    auto node = map->extract(from);
    if (!node.empty()) {
      OnMove(&node.mapped());
      node.key() = to;
      map->insert(std::move(node));
    }
  };
  rekey(&directories_);
  rekey(&placeholders_);
  rekey(&contents_);
  RekeyBelow(&directories_, from, to);
  RekeyBelow(&placeholders_, from, to);
  RekeyBelow(&contents_, from, to);
  if (const auto own = contents_.find(to); own != contents_.end()) ReplyMoved(own->second, to);
  auto [first, last] = Below(contents_, to);
  for (auto at = first; at != last; ++at) ReplyMoved(at->second, at->first);
  auto whiteout = whiteouts_.extract(from);
  if (!whiteout.empty()) {
    whiteout.value() = to;
    whiteouts_.insert(std::move(whiteout));
  }
  auto [begin, end] = Below(whiteouts_, from);
  std::vector<std::string> moved;
  for (auto at = begin; at != end; ++at) moved.push_back(to + at->substr(from.size()));
  whiteouts_.erase(begin, end);
  whiteouts_.insert(moved.begin(), moved.end());
}

}  // namespace tsrun

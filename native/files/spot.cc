#include "files/spot.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sys/syscalls.h"

namespace tsrun {
namespace {

// Whether a parent of `path` is a link that this archive brought.
bool PassesLink(const std::set<std::string>& links, const std::string& path) {
  if (links.empty()) return false;
  for (size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    if (links.count(path.substr(0, slash)) != 0) return true;
  }
  return links.count(path) != 0;
}

}  // namespace

Fd Spots::OpenDirectory(const std::string& path) const {
  const int anchor = destination_.anchor.get();
  if (path.empty()) return Fd(fcntl(anchor, F_DUPFD_CLOEXEC, 0));
  if (PassesLink(links_, path)) {
    errno = ELOOP;
    return Fd();
  }
  uint64_t resolve = RESOLVE_NO_MAGICLINKS;
  if (parents_ == Parents::kRefuse) {
    resolve |= RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  } else {
    // Below the container's root a link to /run means the container's.
    resolve |= destination_.is_root ? RESOLVE_IN_ROOT : RESOLVE_BENEATH;
  }
  for (int tries = 0;; ++tries) {
    const int fd =
        sys::Openat2(anchor, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, resolve);
    if (fd >= 0 || errno != EAGAIN || tries == 1000) return Fd(fd);
  }
}

int Spots::Locate(const std::string& path, Spot* spot) {
  const size_t slash = path.rfind('/');
  spot->name = slash == std::string::npos ? path : path.substr(slash + 1);
  spot->made_as.clear();
  const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
  spot->parent = OpenDirectory(parent);
  if (!spot->parent.valid() && errno == ENOENT) {
    for (size_t at = parent.find('/');; at = parent.find('/', at + 1)) {
      const std::string part = parent.substr(0, at);
      Spot missing;
      if (const int err = Locate(part, &missing)) return err;
      if (mkdirat(missing.parent.get(), missing.name.c_str(), 0755) != 0 && errno != EEXIST) {
        return errno;
      }
      if (at == std::string::npos) break;
    }
    spot->parent = OpenDirectory(parent);
  }
  return spot->parent.valid() ? 0 : errno;
}

int Spots::Reserve(Spot* spot) {
  struct stat st;
  spot->made_as = spot->name;
  if (fstatat(spot->parent.get(), spot->name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? 0 : errno;
  }
  if (S_ISDIR(st.st_mode)) return EISDIR;
  // Never the old file half and the new one half: who opens it sees one of the two.
  spot->made_as = ".tsrun-cp-" + std::to_string(getpid()) + "-" + std::to_string(counter_++);
  return 0;
}

int Settle(Spot* spot) {
  if (spot->made_as == spot->name) {
    spot->made_as.clear();
    return 0;
  }
  const int parent = spot->parent.get();
  // Two names of one file stay two names of it (rename(2)): the link that was asked for is there.
  const int err =
      renameat(parent, spot->made_as.c_str(), parent, spot->name.c_str()) == 0 ? 0 : errno;
  unlinkat(parent, spot->made_as.c_str(), 0);
  spot->made_as.clear();
  return err;
}

}  // namespace tsrun

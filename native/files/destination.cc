#include "files/destination.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sys/syscalls.h"
#include "workbench/wire.h"

namespace tsrun {
namespace {

constexpr int kMaxLinks = 40;
constexpr int kMaxTries = 100000;

// "a/b/c/" is ("a/b", "c"); of "c" alone the directory is ".".
void Split(const std::string& path, std::string* directory, std::string* name) {
  size_t end = path.size();
  while (end > 0 && path[end - 1] == '/') --end;
  const size_t slash = end == 0 ? std::string::npos : path.rfind('/', end - 1);
  if (slash == std::string::npos) {
    *directory = end < path.size() && end == 0 ? "/" : ".";
    *name = path.substr(0, end);
    return;
  }
  *directory = path.substr(0, slash + 1);
  *name = path.substr(slash + 1, end - slash - 1);
}

}  // namespace

Fd OpenBelow(int root, const std::string& path, uint64_t flags) {
  if (root < 0) return Fd(open(path.c_str(), static_cast<int>(flags) | O_CLOEXEC));
  for (int tries = 0;; ++tries) {
    const int fd = sys::Openat2(root, path.c_str(), flags | O_CLOEXEC, 0,
                                RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    // Something was renamed while ".." was resolved: the kernel cannot tell whether it led out.
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR) || tries == kMaxTries) return Fd(fd);
    sched_yield();
  }
}

int FindDestination(int root, const std::string& asked, Destination* found) {
  std::string path = asked;
  for (int links = 0; links < kMaxLinks; ++links) {
    Fd directory = OpenBelow(root, path, O_RDONLY | O_DIRECTORY);
    if (directory.valid()) {
      found->standing = Standing::kDirectory;
      struct stat at;
      struct stat top;
      found->is_root = root >= 0 && fstat(directory.get(), &at) == 0 && fstat(root, &top) == 0 &&
                       at.st_dev == top.st_dev && at.st_ino == top.st_ino;
      found->anchor = std::move(directory);
      return 0;
    }
    if (errno != ENOENT && errno != ENOTDIR) return errno;
    std::string parent;
    Split(path, &parent, &found->name);
    if (found->name.empty() || found->name == "." || found->name == "..") return errno;
    found->anchor = OpenBelow(root, parent, O_RDONLY | O_DIRECTORY);
    if (!found->anchor.valid()) return errno;
    struct stat st;
    if (fstatat(found->anchor.get(), found->name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      found->standing = Standing::kMissing;
      return errno == ENOENT ? 0 : errno;
    }
    if (!S_ISLNK(st.st_mode)) {
      found->standing = Standing::kOther;
      // "file/" means a directory.
      return path.back() == '/' ? ENOTDIR : 0;
    }
    std::string target(kMaxPath + 1, '\0');
    const ssize_t length =
        readlinkat(found->anchor.get(), found->name.c_str(), target.data(), target.size());
    if (length < 0) return errno;
    target.resize(static_cast<size_t>(length));
    path = target[0] == '/' ? target : parent + "/" + target;
    if (path.size() > kMaxPath) return ENAMETOOLONG;
  }
  return ELOOP;
}

}  // namespace tsrun

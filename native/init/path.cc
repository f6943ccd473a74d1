#include "init/path.h"

#include <limits.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "sys/open_below.h"

namespace tsrun {
namespace {

constexpr mode_t kParentMode = 0755;

// Where a dangling symbolic link points, as a path below the root. False: not a link.
bool ReadDanglingLink(const InitContext& ctx, const char* path, char* out, size_t size) {
  const int link = OpenInRoot(ctx.root, path, O_PATH | O_NOFOLLOW);
  if (link < 0) return false;
  char target[PATH_MAX];
  const ssize_t length = readlinkat(link, "", target, sizeof target - 1);
  close(link);
  if (length <= 0) return false;
  target[length] = 0;
  if (target[0] == '/') {
    if (static_cast<size_t>(length) >= size) return false;
    memcpy(out, target, static_cast<size_t>(length) + 1);
    return true;
  }
  const char* slash = strrchr(path, '/');
  const size_t directory = slash == nullptr ? 0 : static_cast<size_t>(slash - path) + 1;
  if (directory + static_cast<size_t>(length) >= size) return false;
  memcpy(out, path, directory);
  memcpy(out + directory, target, static_cast<size_t>(length) + 1);
  return true;
}

int MakeDirectories(const InitContext& ctx, const char* path, int depth, mode_t mode);

// Makes `path`'s last component as a directory when it is missing; follows a dangling link to what
// it names.
int MakeDirectory(const InitContext& ctx, const char* path, int depth, mode_t mode) {
  int fd = OpenInRoot(ctx.root, path, O_PATH | O_DIRECTORY);
  if (fd >= 0 || errno != ENOENT) return fd;
  char linked[PATH_MAX];
  if (ReadDanglingLink(ctx, path, linked, sizeof linked)) {
    if (depth >= 8) {
      errno = ELOOP;
      return -1;
    }
    return MakeDirectories(ctx, linked, depth + 1, mode);
  }
  char parent[PATH_MAX];
  const char* slash = strrchr(path, '/');
  const size_t length = slash == nullptr ? 0 : static_cast<size_t>(slash - path);
  memcpy(parent, path, length);
  parent[length] = 0;
  const int directory = OpenInRoot(ctx.root, length == 0 ? "/" : parent, O_PATH | O_DIRECTORY);
  if (directory < 0) return -1;
  const int made = mkdirat(directory, slash == nullptr ? path : slash + 1, mode);
  const int err = errno;
  close(directory);
  if (made != 0 && err != EEXIST) {
    errno = err;
    return -1;
  }
  fd = OpenInRoot(ctx.root, path, O_PATH | O_DIRECTORY);
  return fd;
}

int MakeDirectories(const InitContext& ctx, const char* path, int depth, mode_t mode) {
  const int there = OpenInRoot(ctx.root, path, O_PATH | O_DIRECTORY);
  if (there >= 0 || errno != ENOENT) return there;
  char prefix[PATH_MAX];
  const size_t length = strlen(path);
  if (length >= sizeof prefix) {
    errno = ENAMETOOLONG;
    return -1;
  }
  for (size_t i = 1; i <= length; ++i) {
    if (path[i] != '/' && path[i] != 0) continue;
    if (path[i - 1] == '/') continue;
    memcpy(prefix, path, i);
    prefix[i] = 0;
    const int fd = MakeDirectory(ctx, prefix, depth,
                                 path[i + strspn(path + i, "/")] == 0 ? mode : kParentMode);
    if (fd < 0) return -1;
    if (path[i] == 0) return fd;
    close(fd);
  }
  return OpenInRoot(ctx.root, path, O_PATH | O_DIRECTORY);
}

int MakeFile(const InitContext& ctx, const char* path, int depth) {
  char name[NAME_MAX + 1];
  const int parent = OpenParent(ctx, path, name);
  if (parent < 0) return -1;
  close(parent);
  // Without O_EXCL and with links followed below the root: a link that points to nothing is filled
  // where it points.
  const int made = OpenInRoot(ctx.root, path, O_CREAT | O_WRONLY | O_NONBLOCK | O_NOCTTY, 0644);
  if (made < 0) {
    char linked[PATH_MAX];
    if (errno == ENOENT && depth < 8 && ReadDanglingLink(ctx, path, linked, sizeof linked)) {
      return MakeFile(ctx, linked, depth + 1);
    }
    return -1;
  }
  close(made);
  return OpenInRoot(ctx.root, path, O_PATH);
}

}  // namespace

int OpenBelowRoot(const InitContext& ctx, const char* path, uint64_t flags) {
  return OpenInRoot(ctx.root, path, flags);
}

int OpenParent(const InitContext& ctx, const char* path, char* name) {
  size_t end = strlen(path);
  while (end > 0 && path[end - 1] == '/') --end;
  size_t begin = end;
  while (begin > 0 && path[begin - 1] != '/') --begin;
  const size_t length = end - begin;
  if (length == 0 || end >= PATH_MAX) {
    errno = length == 0 ? EINVAL : ENAMETOOLONG;
    return -1;
  }
  if (length > NAME_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(name, path + begin, length);
  name[length] = 0;
  char directory[PATH_MAX];
  memcpy(directory, path, begin);
  directory[begin] = 0;
  return MakeDirectories(ctx, begin == 0 ? "/" : directory, 0, kParentMode);
}

int EnsureTarget(const InitContext& ctx, const char* path, TargetKind kind, mode_t mode) {
  if (kind == TargetKind::kDirectory) return MakeDirectories(ctx, path, 0, mode);
  const int there = OpenInRoot(ctx.root, path, O_PATH);
  if (there >= 0 || errno != ENOENT) return there;
  return MakeFile(ctx, path, 0);
}

}  // namespace tsrun

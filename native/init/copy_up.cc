#include "init/copy_up.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "sys/fd.h"

namespace tsrun {
namespace {

constexpr int kMaxDepth = 64;

// What getdents64(2) fills in.
struct Dirent {
  uint64_t inode;
  int64_t offset;
  unsigned short size;
  unsigned char type;
  char name[1];
};

int CopyFile(int from, int to, const char* name, const struct stat& st) {
  Fd source(openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!source.valid()) return errno;
  Fd target(openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!target.valid()) return errno;
  off_t left = st.st_size;
  while (left > 0) {
    const ssize_t sent = sendfile(target.get(), source.get(), nullptr, static_cast<size_t>(left));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno;
    if (sent == 0) break;
    left -= sent;
  }
  return 0;
}

int CopyTree(int from, int to, int depth);

int CopyEntry(int from, int to, const char* name, int depth) {
  struct stat st = {};
  if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  int err = 0;
  if (S_ISDIR(st.st_mode)) {
    if (mkdirat(to, name, 0700) != 0 && errno != EEXIST) return errno;
    Fd below(openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    Fd copy(openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!below.valid() || !copy.valid()) return errno;
    err = CopyTree(below.get(), copy.get(), depth + 1);
  } else if (S_ISLNK(st.st_mode)) {
    char target[PATH_MAX];
    const ssize_t length = readlinkat(from, name, target, sizeof target - 1);
    if (length < 0) return errno;
    target[length] = 0;
    if (symlinkat(target, to, name) != 0) err = errno;
  } else if (S_ISREG(st.st_mode)) {
    err = CopyFile(from, to, name, st);
  } else {
    if (mknodat(to, name, st.st_mode, st.st_rdev) != 0) err = errno;
  }
  if (err != 0) return err;
  // Owner before mode: chown clears setuid and setgid.
  if (fchownat(to, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  if (!S_ISLNK(st.st_mode) && fchmodat(to, name, st.st_mode & 07777, 0) != 0) return errno;
  const struct timespec times[2] = {st.st_atim, st.st_mtim};
  utimensat(to, name, times, AT_SYMLINK_NOFOLLOW);
  return 0;
}

int CopyTree(int from, int to, int depth) {
  if (depth > kMaxDepth) return ELOOP;
  alignas(Dirent) char entries[2048];
  long got;
  while ((got = syscall(SYS_getdents64, from, entries, sizeof entries)) > 0) {
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const Dirent*>(entries + at);
      at += entry->size;
      if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0) continue;
      const int err = CopyEntry(from, to, entry->name, depth);
      if (err != 0) return err;
    }
  }
  return got < 0 ? errno : 0;
}

}  // namespace

int CopyUp(int from, int to) {
  // `from` is an O_PATH descriptor; reading needs a real one.
  Fd source(openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Fd target(openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!source.valid() || !target.valid()) return errno;
  struct stat st = {};
  if (fstat(source.get(), &st) != 0) return errno;
  const int err = CopyTree(source.get(), target.get(), 0);
  if (err != 0) return err;
  if (fchown(target.get(), st.st_uid, st.st_gid) != 0) return errno;
  return fchmod(target.get(), st.st_mode & 07777) == 0 ? 0 : errno;
}

}  // namespace tsrun

#include "workbench/copy_up.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "sys/fd.h"

namespace tsrun {
namespace {

constexpr size_t kBuffer = 1 << 20;

int CopyByHand(int from, int to, off_t at, off_t end) {
  const std::unique_ptr<char[]> buffer(new char[kBuffer]);
  while (at < end) {
    const size_t wanted =
        end - at < static_cast<off_t>(kBuffer) ? static_cast<size_t>(end - at) : kBuffer;
    const ssize_t got = pread(from, buffer.get(), wanted, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    for (ssize_t done = 0; done < got;) {
      const ssize_t wrote =
          pwrite(to, buffer.get() + done, static_cast<size_t>(got - done), at + done);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return errno;
      done += wrote;
    }
    at += got;
  }
  return 0;
}

int CopyRange(int from, int to, off_t at, off_t end) {
  while (at < end) {
    loff_t in = at;
    loff_t out = at;
    const ssize_t copied = copy_file_range(from, &in, to, &out, static_cast<size_t>(end - at), 0);
    if (copied == 0) return 0;
    if (copied < 0) {
      if (errno == EINTR) continue;
      // Not between these two filesystems, or not at all.
      if (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
        return CopyByHand(from, to, at, end);
      }
      return errno;
    }
    at += copied;
  }
  return 0;
}

int CopyContent(int from, int to, off_t size) {
  off_t at = 0;
  while (at < size) {
    const off_t data = lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    if (data < 0) return errno;
    const off_t hole = lseek(from, data, SEEK_HOLE);
    if (hole < 0) return errno;
    if (const int err = CopyRange(from, to, data, hole)) return err;
    at = hole;
  }
  return ftruncate(to, size) == 0 ? 0 : errno;
}

int CopyRegular(int from, const char* from_name, int to, const char* to_name, off_t size,
                Skipped* skipped) {
  const Fd source(openat(from, from_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!source.valid()) return errno;
  const Fd copy(openat(to, to_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!copy.valid()) return errno;
  if (const int err = CopyContent(source.get(), copy.get(), size)) return err;
  Metadata meta;
  if (const int err = ReadMetadata(source.get(), &meta)) return err;
  return SetMetadata(copy.get(), meta, -1, skipped).err;
}

}  // namespace

int CopyUp(int from, const char* from_name, int to, const char* to_name, Skipped* skipped) {
  struct stat st;
  if (fstatat(from, from_name, &st, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  if (S_ISDIR(st.st_mode)) return EISDIR;
  if (S_ISREG(st.st_mode)) return CopyRegular(from, from_name, to, to_name, st.st_size, skipped);
  if (S_ISLNK(st.st_mode)) {
    char target[4097];
    const ssize_t length = readlinkat(from, from_name, target, sizeof target - 1);
    if (length < 0) return errno;
    target[length] = '\0';
    if (symlinkat(target, to, to_name) != 0) return errno;
  } else if (mknodat(to, to_name, st.st_mode, st.st_rdev) != 0) {
    return errno;
  }
  Metadata meta;
  if (const int err = ReadMetadataAt(from, from_name, &meta)) return err;
  return SetMetadataAt(to, to_name, meta, S_ISLNK(st.st_mode), skipped).err;
}

}  // namespace tsrun

#include "workbench/replaced.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "sys/fd.h"
#include "workbench/reply.h"

namespace tsrun {
namespace {

constexpr size_t kPiece = 64 << 10;

int GiveRange(int fd, uint32_t number, off_t at, off_t end, char* piece) {
  while (at < end) {
    const size_t wanted =
        end - at < static_cast<off_t>(kPiece) ? static_cast<size_t>(end - at) : kPiece;
    const ssize_t got = pread(fd, piece, wanted, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    ReplyReplaced(number, static_cast<uint64_t>(at),
                  std::string_view(piece, static_cast<size_t>(got)));
    at += got;
  }
  return 0;
}

}  // namespace

int GiveReplaced(int root, const std::string& path, uint32_t number) {
  // Canonical, and made by us: no component of it is a link.
  const Fd file(openat(root, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat st;
  if (!file.valid() || fstat(file.get(), &st) != 0) return errno;
  if (!S_ISREG(st.st_mode)) return EPROTO;
  // Also of an empty file it is said that it has gone.
  ReplyReplaced(number, 0, {});
  const std::unique_ptr<char[]> piece(new char[kPiece]);
  for (off_t at = 0; at < st.st_size;) {
    const off_t data = lseek(file.get(), at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    if (data < 0) return errno;
    const off_t hole = lseek(file.get(), data, SEEK_HOLE);
    if (hole < 0) return errno;
    if (const int err = GiveRange(file.get(), number, data, hole, piece.get())) return err;
    at = hole;
  }
  return 0;
}

}  // namespace tsrun

#include "workbench/read.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sys/fd.h"
#include "workbench/operation_reader.h"
#include "workbench/wire.h"

namespace tsrun {
namespace {

constexpr size_t kOut = 512 << 10;
constexpr size_t kIn = 64 << 10;
constexpr uint32_t kMaxExtents = 1 << 20;

struct Extent {
  uint64_t offset;
  uint64_t length;
};

struct Request {
  std::string path;
  uint64_t size = 0;
  std::vector<Extent> extents;
};

int WriteAll(const char* at, size_t left) {
  while (left > 0) {
    const ssize_t wrote = write(STDOUT_FILENO, at, left);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    at += wrote;
    left -= static_cast<size_t>(wrote);
  }
  return 0;
}

// What many small files hold goes out together.
class Answers {
 public:
  Answers() : buffer_(new char[kOut]) {}

  int Piece(int fd, uint64_t offset, uint64_t length, int32_t* result) {
    while (length > 0 && *result == 0) {
      if (kOut - used_ < 4096) {
        if (const int err = Flush()) return err;
      }
      char* const piece = buffer_.get() + used_ + sizeof(uint32_t);
      const size_t room = kOut - used_ - sizeof(uint32_t);
      const ssize_t got =
          pread(fd, piece, length < room ? length : room, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        *result = got < 0 ? errno : kOtherSize;
        return 0;
      }
      Put(static_cast<uint32_t>(got));
      used_ += static_cast<size_t>(got);
      offset += static_cast<uint64_t>(got);
      length -= static_cast<uint64_t>(got);
    }
    return 0;
  }

  int End(int32_t result) {
    if (kOut - used_ < 8) {
      if (const int err = Flush()) return err;
    }
    Put(uint32_t{0});
    Put(result);
    return 0;
  }

  int Flush() {
    const size_t used = std::exchange(used_, 0);
    return WriteAll(buffer_.get(), used);
  }

 private:
  template <typename T>
  void Put(T value) {
    memcpy(buffer_.get() + used_, &value, sizeof value);
    used_ += sizeof value;
  }

  std::unique_ptr<char[]> buffer_;
  size_t used_ = 0;
};

class Requests {
 public:
  explicit Requests(Answers* answers) : answers_(answers), buffer_(new char[kIn]) {}

  // ENODATA at the end, between two requests.
  int Next(Request* request) {
    uint32_t length = 0;
    if (const int err = Take(&length, sizeof length, ENODATA)) return err;
    if (length == 0 || length > kMaxPath) return EPROTO;
    request->path.resize(length);
    if (const int err = Take(request->path.data(), length)) return err;
    if (!IsPlainPath(request->path)) return EPROTO;
    uint32_t count = 0;
    if (const int err = Take(&request->size, sizeof request->size)) return err;
    if (const int err = Take(&count, sizeof count)) return err;
    if (count > kMaxExtents) return EPROTO;
    request->extents.resize(count);
    return Take(request->extents.data(), count * sizeof(Extent));
  }

 private:
  int Take(void* to, size_t length, int at_end = EPROTO) {
    char* out = static_cast<char*>(to);
    while (length > 0) {
      if (begin_ == end_) {
        // Before this process sleeps everything that was asked for has to be on its way.
        if (const int err = answers_->Flush()) return err;
        const ssize_t got = read(STDIN_FILENO, buffer_.get(), kIn);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) return at_end;
        begin_ = 0;
        end_ = static_cast<size_t>(got);
      }
      at_end = EPROTO;
      const size_t taken = length < end_ - begin_ ? length : end_ - begin_;
      memcpy(out, buffer_.get() + begin_, taken);
      begin_ += taken;
      out += taken;
      length -= taken;
    }
    return 0;
  }

  Answers* answers_;
  std::unique_ptr<char[]> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

// Nothing but a regular file of this very tree: a damaged one may have a link or a FIFO there.
int OpenFile(int root, const Request& request, Fd* file) {
  open_how how = {};
  how.flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  *file = Fd(static_cast<int>(syscall(SYS_openat2, root, request.path.c_str(), &how, sizeof how)));
  struct stat st;
  if (!file->valid() || fstat(file->get(), &st) != 0) return errno;
  if (!S_ISREG(st.st_mode)) return EISDIR;
  return static_cast<uint64_t>(st.st_size) == request.size ? 0 : kOtherSize;
}

int Answer(int root, const Request& request, Answers* answers) {
  Fd file;
  int32_t result = OpenFile(root, request, &file);
  for (const Extent& extent : request.extents) {
    if (result != 0) break;
    if (const int err = answers->Piece(file.get(), extent.offset, extent.length, &result))
      return err;
  }
  return answers->End(result);
}

}  // namespace

void AnswerEnd(int32_t result) {
  const uint32_t none = 0;
  char answer[8];
  memcpy(answer, &none, sizeof none);
  memcpy(answer + sizeof none, &result, sizeof result);
  WriteAll(answer, sizeof answer);
}

int ReadFiles(int root) {
  Answers answers;
  Requests requests(&answers);
  Request request;
  for (;;) {
    const int err = requests.Next(&request);
    if (err == ENODATA) return answers.Flush();
    if (err != 0) return err;
    if (const int failed = Answer(root, request, &answers)) return failed;
  }
}

}  // namespace tsrun

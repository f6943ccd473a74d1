// Files of a container, read by descriptor: openat2 below its root, never a path string of the host (decision 6).
#include "addon/module.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

namespace tsrun {
namespace {

int OpenInRootFd(int root, const char* path, uint64_t flags) {
  struct open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: a rename raced with "..", openat2(2) asks to try again.
  for (int tries = 0; tries < 32; ++tries) {
    const long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(fd);
  }
  return -1;
}

Napi::Value OpenInRoot(const Napi::CallbackInfo& info) {
  const std::string path = info[1].As<Napi::String>().Utf8Value();
  const std::string how = info[2].As<Napi::String>().Utf8Value();
  uint64_t flags = O_PATH;
  if (how == "path-nofollow") flags = O_PATH | O_NOFOLLOW;
  // O_NONBLOCK: a FIFO planted in the image must not hang us (CVE-2024-9676).
  if (how == "read") flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  if (how == "directory") flags = O_RDONLY | O_DIRECTORY;
  const int fd = OpenInRootFd(info[0].As<Napi::Number>().Int32Value(), path.c_str(), flags);
  if (fd < 0) throw ErrnoError(info.Env(), errno, "openat2");
  return Napi::Number::New(info.Env(), fd);
}

Napi::Value ReadInRoot(const Napi::CallbackInfo& info) {
  const std::string path = info[1].As<Napi::String>().Utf8Value();
  const int64_t max = info[2].As<Napi::Number>().Int64Value();
  const int fd = OpenInRootFd(info[0].As<Napi::Number>().Int32Value(), path.c_str(),
                              O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) throw ErrnoError(info.Env(), errno, "openat2");
  struct stat st = {};
  int err = fstat(fd, &st) == 0 ? 0 : errno;
  if (err == 0 && !S_ISREG(st.st_mode)) err = EINVAL;
  if (err == 0 && st.st_size > max) err = EFBIG;
  std::vector<char> content;
  if (err == 0) {
    char chunk[65536];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) != 0) {
      if (got < 0) {
        if (errno == EINTR) continue;
        err = errno;
        break;
      }
      content.insert(content.end(), chunk, chunk + got);
      // The size may lie (a file that grows, a file of procfs): the bound holds for what is read.
      if (static_cast<int64_t>(content.size()) > max) {
        err = EFBIG;
        break;
      }
    }
  }
  close(fd);
  if (err != 0) throw ErrnoError(info.Env(), err, "read");
  return Napi::Buffer<char>::Copy(info.Env(), content.data(), content.size());
}

}  // namespace

void RegisterInRoot(Napi::Env env, Napi::Object exports) {
  exports.Set("openInRoot", Napi::Function::New(env, OpenInRoot));
  exports.Set("readInRoot", Napi::Function::New(env, ReadInRoot));
}

}  // namespace tsrun

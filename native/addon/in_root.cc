// Files of a container, read by descriptor: openat2 below its root, never a path string of the host
// (decision 6).
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "addon/module.h"
#include "sys/fd.h"

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

// Opens a regular file for reading. Looked at before it is opened: a FIFO would hang us, and
// opening a device acts on it, a watchdog for one (CVE-2024-9676). Files of procfs are no files of
// an image's: /proc/kmsg is emptied by reading.
int OpenFileInRoot(int root, const char* path) {
  const int found = OpenInRootFd(root, path, O_PATH);
  if (found < 0) return -1;
  struct stat st = {};
  struct statfs fs = {};
  int fd = -1;
  int err = fstat(found, &st) == 0 && fstatfs(found, &fs) == 0 ? 0 : errno;
  if (err == 0 && (!S_ISREG(st.st_mode) || fs.f_type == PROC_SUPER_MAGIC)) err = EINVAL;
  if (err == 0) {
    const std::string name = "/proc/self/fd/" + std::to_string(found);
    fd = open(name.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    err = errno;
  }
  close(found);
  errno = err;
  return fd;
}

Napi::Value OpenInRoot(const Napi::CallbackInfo& info) {
  const std::string path = info[1].As<Napi::String>().Utf8Value();
  const std::string how = info[2].As<Napi::String>().Utf8Value();
  uint64_t flags = O_PATH;
  if (how == "path-nofollow") flags = O_PATH | O_NOFOLLOW;
  if (how == "directory") flags = O_RDONLY | O_DIRECTORY;
  const int root = info[0].As<Napi::Number>().Int32Value();
  const int fd =
      how == "read" ? OpenFileInRoot(root, path.c_str()) : OpenInRootFd(root, path.c_str(), flags);
  if (fd < 0) throw ErrnoError(info.Env(), errno, "openat2");
  return Napi::Number::New(info.Env(), fd);
}

Napi::Value ReadInRoot(const Napi::CallbackInfo& info) {
  const std::string path = info[1].As<Napi::String>().Utf8Value();
  const int64_t max = info[2].As<Napi::Number>().Int64Value();
  const int fd = OpenFileInRoot(info[0].As<Napi::Number>().Int32Value(), path.c_str());
  if (fd < 0) throw ErrnoError(info.Env(), errno, "openat2");
  struct stat st = {};
  int err = fstat(fd, &st) == 0 ? 0 : errno;
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

Napi::Value ReadPartInRoot(const Napi::CallbackInfo& info) {
  const std::string path = info[1].As<Napi::String>().Utf8Value();
  const int64_t offset = info[2].As<Napi::Number>().Int64Value();
  const size_t length = info[3].As<Napi::Number>().Uint32Value();
  Fd fd(OpenFileInRoot(info[0].As<Napi::Number>().Int32Value(), path.c_str()));
  if (!fd.valid()) throw ErrnoError(info.Env(), errno, "openat2");
  std::vector<char> content(length);
  size_t filled = 0;
  while (filled < length) {
    const ssize_t got = pread(fd.get(), content.data() + filled, length - filled,
                              offset + static_cast<int64_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw ErrnoError(info.Env(), errno, "read");
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  return Napi::Buffer<char>::Copy(info.Env(), content.data(), filled);
}

// What execve(2) looks at before it reads a byte.
Napi::Value StatInRoot(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = info[1].As<Napi::String>().Utf8Value();
  Fd fd(OpenInRootFd(info[0].As<Napi::Number>().Int32Value(), path.c_str(), O_PATH | O_NOFOLLOW));
  if (!fd.valid()) throw ErrnoError(env, errno, "openat2");
  struct stat st = {};
  struct statvfs filesystem = {};
  if (fstat(fd.get(), &st) != 0) throw ErrnoError(env, errno, "fstat");
  if (fstatvfs(fd.get(), &filesystem) != 0) throw ErrnoError(env, errno, "fstatvfs");
  Napi::Object result = Napi::Object::New(env);
  result.Set("mode", st.st_mode);
  result.Set("uid", st.st_uid);
  result.Set("gid", st.st_gid);
  result.Set("size", static_cast<double>(st.st_size));
  result.Set("noexec", (filesystem.f_flag & ST_NOEXEC) != 0);
  result.Set("capabilities", env.Null());
  if (S_ISREG(st.st_mode)) {
    // fgetxattr(2) refuses an O_PATH descriptor; the name of it below /proc is the same file
    // without a second look-up.
    const std::string self = "/proc/self/fd/" + std::to_string(fd.get());
    char value[64];
    const ssize_t size = getxattr(self.c_str(), "security.capability", value, sizeof value);
    if (size > 0)
      result.Set("capabilities", Napi::Buffer<char>::Copy(env, value, static_cast<size_t>(size)));
  }
  return result;
}

Napi::Value ReadlinkInRoot(const Napi::CallbackInfo& info) {
  const std::string path = info[1].As<Napi::String>().Utf8Value();
  Fd fd(OpenInRootFd(info[0].As<Napi::Number>().Int32Value(), path.c_str(), O_PATH | O_NOFOLLOW));
  if (!fd.valid()) throw ErrnoError(info.Env(), errno, "openat2");
  char target[PATH_MAX];
  const ssize_t length = readlinkat(fd.get(), "", target, sizeof target);
  // ENOENT with an empty path means: no link (readlink(2)).
  if (length < 0) throw ErrnoError(info.Env(), errno == ENOENT ? EINVAL : errno, "readlink");
  return Napi::Buffer<char>::Copy(info.Env(), target, static_cast<size_t>(length));
}

Napi::Value ListInRoot(const Napi::CallbackInfo& info) {
  const std::string path = info[1].As<Napi::String>().Utf8Value();
  const uint32_t max = info[2].As<Napi::Number>().Uint32Value();
  const int fd = OpenInRootFd(info[0].As<Napi::Number>().Int32Value(), path.c_str(),
                              O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  if (fd < 0) throw ErrnoError(info.Env(), errno, "openat2");
  DIR* directory = fdopendir(fd);
  if (directory == nullptr) {
    const int err = errno;
    close(fd);
    throw ErrnoError(info.Env(), err, "fdopendir");
  }
  // One buffer, NUL behind each name: names are bytes, and a NUL is the one byte they cannot hold.
  std::vector<char> names;
  uint32_t count = 0;
  while (count < max) {
    const struct dirent* entry = readdir(directory);
    if (entry == nullptr) break;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    names.insert(names.end(), entry->d_name, entry->d_name + strlen(entry->d_name) + 1);
    ++count;
  }
  closedir(directory);
  return Napi::Buffer<char>::Copy(info.Env(), names.data(), names.size());
}

}  // namespace

void RegisterInRoot(Napi::Env env, Napi::Object exports) {
  exports.Set("openInRoot", Napi::Function::New(env, OpenInRoot));
  exports.Set("readInRoot", Napi::Function::New(env, ReadInRoot));
  exports.Set("readPartInRoot", Napi::Function::New(env, ReadPartInRoot));
  exports.Set("statInRoot", Napi::Function::New(env, StatInRoot));
  exports.Set("readlinkInRoot", Napi::Function::New(env, ReadlinkInRoot));
  exports.Set("listInRoot", Napi::Function::New(env, ListInRoot));
}

}  // namespace tsrun

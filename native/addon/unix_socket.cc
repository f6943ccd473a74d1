// Unix sockets that Node cannot make: of packets, and as plain descriptors.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "addon/channel.h"
#include "addon/module.h"
#include "sys/message.h"

namespace tsrun {
namespace {

// sun_path ends after 107 bytes, a state directory need not: named through its directory's
// descriptor.
class ShortAddress {
 public:
  explicit ShortAddress(const std::string& path) {
    const size_t slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
    directory_ = open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory_ < 0) return;
    address_.sun_family = AF_UNIX;
    const int length = snprintf(address_.sun_path, sizeof address_.sun_path, "/proc/self/fd/%d/%s",
                                directory_, name.c_str());
    if (length < static_cast<int>(sizeof address_.sun_path)) return;
    close(directory_);
    directory_ = -1;
    errno = ENAMETOOLONG;
  }
  ~ShortAddress() {
    if (directory_ >= 0) close(directory_);
  }
  ShortAddress(const ShortAddress&) = delete;
  ShortAddress& operator=(const ShortAddress&) = delete;

  bool valid() const { return directory_ >= 0; }
  const struct sockaddr* get() const { return reinterpret_cast<const struct sockaddr*>(&address_); }

 private:
  int directory_ = -1;
  struct sockaddr_un address_ = {};
};

[[noreturn]] void FailClosing(Napi::Env env, int fd, const char* syscall) {
  const int err = errno;
  if (fd >= 0) close(fd);
  throw ErrnoError(env, err, syscall);
}

Napi::Value ListenPackets(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  ShortAddress address(info[0].As<Napi::String>().Utf8Value());
  if (!address.valid()) FailClosing(env, -1, "open");
  const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) FailClosing(env, -1, "socket");
  if (bind(fd, address.get(), sizeof(struct sockaddr_un)) != 0) FailClosing(env, fd, "bind");
  if (listen(fd, 1) != 0) FailClosing(env, fd, "listen");
  return Napi::Number::New(env, fd);
}

// A socket of this type, connected to the one at `path`. Throws what went wrong.
int Connect(Napi::Env env, const std::string& path, int type) {
  ShortAddress address(path);
  if (!address.valid()) FailClosing(env, -1, "open");
  const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (fd < 0) FailClosing(env, -1, "socket");
  if (connect(fd, address.get(), sizeof(struct sockaddr_un)) != 0) FailClosing(env, fd, "connect");
  return fd;
}

Napi::Value ConnectPackets(const Napi::CallbackInfo& info) {
  const int fd = Connect(info.Env(), info[0].As<Napi::String>().Utf8Value(), SOCK_SEQPACKET);
  return OpenChannel(info.Env(), fd, Process{}, info[1].As<Napi::Function>(),
                     info[2].As<Napi::Function>());
}

Napi::Value ConnectStream(const Napi::CallbackInfo& info) {
  const int fd = Connect(info.Env(), info[0].As<Napi::String>().Utf8Value(), SOCK_STREAM);
  return Napi::Number::New(info.Env(), fd);
}

// One byte would do; the word tells a person who looks what came.
Napi::Value SendDescriptor(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::string word = info[1].As<Napi::String>().Utf8Value();
  struct iovec part = {const_cast<char*>(word.data()), word.size()};
  RightsBuffer control;
  struct msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  AttachDescriptor(&header, &control, info[2].As<Napi::Number>().Int32Value());
  ssize_t sent;
  do {
    sent = sendmsg(info[0].As<Napi::Number>().Int32Value(), &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) throw ErrnoError(env, errno, "sendmsg");
  return env.Undefined();
}

}  // namespace

void RegisterUnixSocket(Napi::Env env, Napi::Object exports) {
  exports.Set("listenPackets", Napi::Function::New(env, ListenPackets));
  exports.Set("connectPackets", Napi::Function::New(env, ConnectPackets));
  exports.Set("sendDescriptor", Napi::Function::New(env, SendDescriptor));
  exports.Set("connectStream", Napi::Function::New(env, ConnectStream));
}

}  // namespace tsrun

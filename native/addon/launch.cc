// Starts a monitor and listens to it: vfork, exec of the helper, a SOCK_SEQPACKET connection served
// by the event loop.
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "addon/module.h"

namespace tsrun {
namespace {

constexpr int kFirstKept = 5;
constexpr uint32_t kMaxPacket = 4096;

// What the vforked child needs; prepared by the parent, because the child shares its memory and
// must not change it.
struct Spawn {
  std::vector<int> sources;  // become 0, 1, 2, 3, ...; each is above every target and close-on-exec
  std::vector<char*> argv;
  const char* path = nullptr;
  int executable = -1;
};

// In the child of vfork: system calls only.
[[noreturn]] void ExecHelper(const Spawn& spawn) {
  for (size_t i = 0; i < spawn.sources.size(); ++i) dup2(spawn.sources[i], static_cast<int>(i));
  syscall(SYS_close_range, static_cast<unsigned>(spawn.sources.size()), ~0u, CLOSE_RANGE_CLOEXEC);
  // The caller's directory must not stay busy, nor be visible to anything the helper starts.
  if (chdir("/") != 0) _exit(126);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // An empty environment: nothing of the caller's decides what runs (NODE_OPTIONS, LD_PRELOAD).
  char* env[] = {nullptr};
  if (spawn.executable >= 0) {
    syscall(SYS_execveat, spawn.executable, "", spawn.argv.data(), env, AT_EMPTY_PATH);
  } else {
    execve(spawn.path, spawn.argv.data(), env);
  }
  _exit(127);
}

// Lives from launch to the reaping of the monitor; frees itself when libuv has closed its handle.
class Connection {
 public:
  Connection(Napi::Env env, int socket, pid_t monitor, Napi::Function on_message,
             Napi::Function on_close)
      : env_(env),
        socket_(socket),
        monitor_(monitor),
        on_message_(Napi::Persistent(on_message)),
        on_close_(Napi::Persistent(on_close)) {
    has_terminal_ = tcgetattr(STDIN_FILENO, &terminal_) == 0;
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    uv_poll_init(loop, &poll_, socket);
    poll_.data = this;
    uv_poll_start(&poll_, UV_READABLE | UV_DISCONNECT, [](uv_poll_t* handle, int, int) {
      static_cast<Connection*>(handle->data)->OnReadable();
    });
  }

  bool Send(const uint8_t* data, size_t size) {
    if (socket_ < 0) return false;
    ssize_t sent;
    while ((sent = send(socket_, data, size, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    return sent == static_cast<ssize_t>(size);
  }

  // The monitor sees the end and kills a foreground container; then it ends, and OnEnd reaps it.
  void Shutdown() {
    if (socket_ >= 0) shutdown(socket_, SHUT_WR);
  }

 private:
  void OnReadable() {
    for (;;) {
      char data[kMaxPacket];
      alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * 4)];
      struct iovec part = {data, sizeof data};
      struct msghdr header = {};
      header.msg_iov = &part;
      header.msg_iovlen = 1;
      header.msg_control = control;
      header.msg_controllen = sizeof control;
      const ssize_t got = recvmsg(socket_, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return OnEnd();
      Deliver(data, static_cast<size_t>(got), &header);
    }
  }

  void Deliver(const char* data, size_t size, struct msghdr* header) {
    Napi::HandleScope scope(env_);
    Napi::Array fds = Napi::Array::New(env_);
    for (struct cmsghdr* c = CMSG_FIRSTHDR(header); c != nullptr; c = CMSG_NXTHDR(header, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; ++i) {
        int fd;
        memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
        fds.Set(fds.Length(), Napi::Number::New(env_, fd));
      }
    }
    Call(on_message_, {Napi::Buffer<char>::Copy(env_, data, size), fds});
  }

  void OnEnd() {
    uv_poll_stop(&poll_);
    close(socket_);
    socket_ = -1;
    // The monitor closes the connection by ending: this does not wait long.
    int status = 0;
    while (waitpid(monitor_, &status, 0) < 0 && errno == EINTR) {
    }
    // A monitor that was killed could not put the terminal back.
    if (has_terminal_ && WIFSIGNALED(status)) tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal_);
    Napi::HandleScope scope(env_);
    Call(on_close_, {Napi::Number::New(env_, status)});
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_),
             [](uv_handle_t* handle) { delete static_cast<Connection*>(handle->data); });
  }

  void Call(Napi::FunctionReference& function, const std::vector<napi_value>& arguments) {
    Napi::AsyncContext context(env_, "tsrun.channel");
    try {
      function.MakeCallback(env_.Global(), arguments, context);
    } catch (const Napi::Error& error) {
      // A listener that throws is a bug of ours: it must end the process as any uncaught exception
      // does.
      napi_fatal_exception(env_, error.Value());
    }
  }

  Napi::Env env_;
  uv_poll_t poll_ = {};
  int socket_;
  pid_t monitor_;
  Napi::FunctionReference on_message_;
  Napi::FunctionReference on_close_;
  bool has_terminal_ = false;
  struct termios terminal_ = {};
  friend class Channel;
};

int PlanFile(const uint8_t* data, size_t size) {
  const int fd = memfd_create("tsrun-plan", MFD_CLOEXEC);
  if (fd < 0) return -1;
  for (size_t at = 0; at < size;) {
    const ssize_t put = write(fd, data + at, size - at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int err = errno;
      close(fd);
      errno = err;
      return -1;
    }
    at += static_cast<size_t>(put);
  }
  return fd;
}

// Copies above every target number, so that no dup2 of the child overwrites a source of a later
// one.
bool Raise(std::vector<int>* fds) {
  for (size_t i = 0; i < fds->size(); ++i) {
    const int copy = fcntl((*fds)[i], F_DUPFD_CLOEXEC, 64);
    if (copy < 0) {
      const int err = errno;
      for (size_t j = 0; j < i; ++j) close((*fds)[j]);
      errno = err;
      return false;
    }
    (*fds)[i] = copy;
  }
  return true;
}

pid_t VforkHelper(const Spawn& spawn) {
  // A handler of Node's must not run in the child that shares its memory.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = vfork();
  if (child == 0) ExecHelper(spawn);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return child;
}

Napi::Object MakeChannel(Napi::Env env, std::shared_ptr<Connection*> link) {
  Napi::Object channel = Napi::Object::New(env);
  channel.Set(
      "send", Napi::Function::New(env, [link](const Napi::CallbackInfo& info) -> Napi::Value {
        const auto bytes = info[0].As<Napi::Uint8Array>();
        const bool sent = *link != nullptr && (*link)->Send(bytes.Data(), bytes.ByteLength());
        return Napi::Boolean::New(info.Env(), sent);
      }));
  channel.Set("close", Napi::Function::New(env, [link](const Napi::CallbackInfo&) {
                if (*link != nullptr) (*link)->Shutdown();
              }));
  return channel;
}

Napi::Value Launch(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto request = info[0].As<Napi::Object>();
  const std::string helper = request.Get("helper").As<Napi::String>().Utf8Value();
  const auto plan = request.Get("plan").As<Napi::Uint8Array>();
  const auto stdio = request.Get("stdio").As<Napi::Array>();
  const auto keep = request.Get("keep").As<Napi::Array>();
  const auto args = request.Get("args").As<Napi::Array>();

  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    throw ErrnoError(env, errno, "socketpair");
  const int plan_fd = PlanFile(plan.Data(), plan.ByteLength());
  if (plan_fd < 0) {
    const int err = errno;
    close(pair[0]);
    close(pair[1]);
    throw ErrnoError(env, err, "memfd_create");
  }

  Spawn spawn;
  for (uint32_t i = 0; i < 3; ++i)
    spawn.sources.push_back(stdio.Get(i).As<Napi::Number>().Int32Value());
  spawn.sources.push_back(pair[1]);
  spawn.sources.push_back(plan_fd);
  static_assert(kFirstKept == 5, "three of stdio, the channel, the plan");
  for (uint32_t i = 0; i < keep.Length(); ++i)
    spawn.sources.push_back(keep.Get(i).As<Napi::Number>().Int32Value());
  // A name and no path: with --init it is what the container sees of PID 1.
  std::vector<std::string> words = {"tsrun-init"};
  for (uint32_t i = 0; i < args.Length(); ++i)
    words.push_back(args.Get(i).As<Napi::String>().Utf8Value());
  for (auto& word : words) spawn.argv.push_back(word.data());
  spawn.argv.push_back(nullptr);
  spawn.path = helper.c_str();
  spawn.executable = request.Get("helperFd").As<Napi::Number>().Int32Value();

  const bool raised = Raise(&spawn.sources);
  int err = errno;
  pid_t child = -1;
  if (raised) {
    child = VforkHelper(spawn);
    err = errno;
    for (const int fd : spawn.sources) close(fd);
  }
  close(pair[1]);
  close(plan_fd);
  if (child < 0) {
    close(pair[0]);
    throw ErrnoError(env, err, raised ? "vfork" : "fcntl");
  }

  auto link = std::make_shared<Connection*>(nullptr);
  const auto on_close = info[2].As<Napi::Function>();
  auto closed = std::make_shared<Napi::FunctionReference>(Napi::Persistent(on_close));
  *link = new Connection(env, pair[0], child, info[1].As<Napi::Function>(),
                         Napi::Function::New(env, [link, closed](const Napi::CallbackInfo& end) {
                           *link = nullptr;
                           closed->Call({end[0]});
                         }));
  Napi::Object result = Napi::Object::New(env);
  result.Set("pid", Napi::Number::New(env, child));
  result.Set("channel", MakeChannel(env, link));
  return result;
}

Napi::Value SealedView(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  // A detached, read-only mount of the one file: executing it gives /proc/PID/exe a mount nobody
  // can write through (CVE-2019-5736). Needs CAP_SYS_ADMIN; an ordinary user's helper seals itself.
  const long fd =
      syscall(SYS_open_tree, AT_FDCWD, path.c_str(), 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
  if (fd < 0) return info.Env().Null();
  struct {
    uint64_t set, clear, propagation, userns;
  } attributes = {1 /* MOUNT_ATTR_RDONLY */, 0, 0, 0};
  if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
    close(static_cast<int>(fd));
    return info.Env().Null();
  }
  return Napi::Number::New(info.Env(), static_cast<double>(fd));
}

}  // namespace

void RegisterLaunch(Napi::Env env, Napi::Object exports) {
  exports.Set("launch", Napi::Function::New(env, Launch));
  exports.Set("sealedView", Napi::Function::New(env, SealedView));
}

}  // namespace tsrun

#include "addon/channel.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace tsrun {
namespace {

// The largest carries what a container printed, monitor/attach.h.
constexpr uint32_t kMaxPacket = 20480;

// Reaps a process that goes on without a connection, whenever it ends. Keeps no event loop alive.
class Reaper {
 public:
  Reaper(Napi::Env env, pid_t process) : process_(process) {
    pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    uv_poll_init(loop, &poll_, pidfd_);
    poll_.data = this;
    uv_unref(reinterpret_cast<uv_handle_t*>(&poll_));
    uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* handle, int, int) {
      auto* self = static_cast<Reaper*>(handle->data);
      waitpid(self->process_, nullptr, WNOHANG);
      uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* closed) {
        auto* reaper = static_cast<Reaper*>(closed->data);
        close(reaper->pidfd_);
        delete reaper;
      });
    });
  }

 private:
  uv_poll_t poll_ = {};
  pid_t process_;
  int pidfd_;
};

// Lives until the end of the connection, and the reaping of its process; frees itself when libuv
// has closed its handle.
class Connection {
 public:
  Connection(Napi::Env env, int socket, Process process, Napi::Function on_message,
             Napi::Function on_close)
      : env_(env),
        socket_(socket),
        monitor_(process.pid),
        outlives_(process.outlives),
        on_message_(Napi::Persistent(on_message)),
        on_close_(Napi::Persistent(on_close)) {
    has_terminal_ = tcgetattr(STDIN_FILENO, &terminal_) == 0;
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    uv_poll_init(loop, &poll_, socket);
    poll_.data = this;
    Resume();
  }

  void Resume() {
    paused_ = false;
    if (socket_ < 0) return;
    uv_poll_start(&poll_, UV_READABLE | UV_DISCONNECT, [](uv_poll_t* handle, int, int) {
      static_cast<Connection*>(handle->data)->OnReadable();
    });
  }

  void Pause() {
    paused_ = true;
    if (socket_ >= 0) uv_poll_stop(&poll_);
  }

  bool Send(const uint8_t* data, size_t size) {
    if (socket_ < 0) return false;
    ssize_t sent;
    while ((sent = send(socket_, data, size, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    return sent == static_cast<ssize_t>(size);
  }

  // The process goes on after the end of the connection.
  void Outlive() { outlives_ = true; }

  // The monitor sees the end and kills a foreground container; then it ends, and OnEnd reaps it.
  void Shutdown() {
    if (socket_ >= 0) shutdown(socket_, SHUT_WR);
  }

 private:
  void OnReadable() {
    // A listener may pause it between two packets.
    while (!paused_) {
      char data[kMaxPacket];
      alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * 4)];
      struct iovec part = {data, sizeof data};
      struct msghdr header = {};
      header.msg_iov = &part;
      header.msg_iovlen = 1;
      header.msg_control = control;
      header.msg_controllen = sizeof control;
      const ssize_t got = recvmsg(socket_, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
      // ECONNRESET: the monitor ended without having read all that it was told. What it said before
      // is still there: unix_release_sock() in net/unix/af_unix.c.
      if (got < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
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
    // The monitor closes the connection by ending, so this does not wait long; one of a container
    // that lives on closes it early.
    int status = 0;
    pid_t ended = 0;
    while (monitor_ > 0 && (ended = waitpid(monitor_, &status, outlives_ ? WNOHANG : 0)) < 0 &&
           errno == EINTR) {
    }
    if (monitor_ > 0 && ended == 0) new Reaper(env_, monitor_);
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
  bool outlives_;
  bool paused_ = false;
  Napi::FunctionReference on_message_;
  Napi::FunctionReference on_close_;
  bool has_terminal_ = false;
  struct termios terminal_ = {};
};

}  // namespace

Napi::Object OpenChannel(Napi::Env env, int socket, Process process, Napi::Function on_message,
                         Napi::Function on_close) {
  auto link = std::make_shared<Connection*>(nullptr);
  auto closed = std::make_shared<Napi::FunctionReference>(Napi::Persistent(on_close));
  *link = new Connection(env, socket, process, on_message,
                         Napi::Function::New(env, [link, closed](const Napi::CallbackInfo& end) {
                           *link = nullptr;
                           closed->Call({end[0]});
                         }));
  Napi::Object channel = Napi::Object::New(env);
  channel.Set(
      "send", Napi::Function::New(env, [link](const Napi::CallbackInfo& info) -> Napi::Value {
        const auto bytes = info[0].As<Napi::Uint8Array>();
        const bool sent = *link != nullptr && (*link)->Send(bytes.Data(), bytes.ByteLength());
        return Napi::Boolean::New(info.Env(), sent);
      }));
  channel.Set("outlive", Napi::Function::New(env, [link](const Napi::CallbackInfo&) {
                if (*link != nullptr) (*link)->Outlive();
              }));
  channel.Set("pause", Napi::Function::New(env, [link](const Napi::CallbackInfo&) {
                if (*link != nullptr) (*link)->Pause();
              }));
  channel.Set("resume", Napi::Function::New(env, [link](const Napi::CallbackInfo&) {
                if (*link != nullptr) (*link)->Resume();
              }));
  channel.Set("close", Napi::Function::New(env, [link](const Napi::CallbackInfo&) {
                if (*link != nullptr) (*link)->Shutdown();
              }));
  return channel;
}

}  // namespace tsrun

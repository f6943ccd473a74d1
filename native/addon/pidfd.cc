// A process as a descriptor, pidfd_open(2): what it names cannot become another process.
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>

#include "addon/module.h"

namespace tsrun {
namespace {

Napi::Value PidfdOpen(const Napi::CallbackInfo& info) {
  const int pid = info[0].As<Napi::Number>().Int32Value();
  const long fd = syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) throw ErrnoError(info.Env(), errno, "pidfd_open");
  return Napi::Number::New(info.Env(), static_cast<double>(fd));
}

Napi::Value PidfdSignal(const Napi::CallbackInfo& info) {
  const int fd = info[0].As<Napi::Number>().Int32Value();
  const int signal = info[1].As<Napi::Number>().Int32Value();
  if (syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0) != 0)
    throw ErrnoError(info.Env(), errno, "pidfd_send_signal");
  return info.Env().Undefined();
}

// Waits in the event loop, without a thread; frees itself.
class EndWatch {
 public:
  EndWatch(Napi::Env env, int pidfd, Napi::Function on_end)
      : env_(env), on_end_(Napi::Persistent(on_end)) {
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    uv_poll_init(loop, &poll_, pidfd);
    poll_.data = this;
    uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* handle, int, int) {
      static_cast<EndWatch*>(handle->data)->Finish(true);
    });
  }

  void Finish(bool ended) {
    if (finished_) return;
    finished_ = true;
    uv_poll_stop(&poll_);
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_),
             [](uv_handle_t* handle) { delete static_cast<EndWatch*>(handle->data); });
    if (!ended) return;
    Napi::HandleScope scope(env_);
    Napi::AsyncContext context(env_, "tsrun.pidfd");
    on_end_.MakeCallback(env_.Global(), {}, context);
  }

 private:
  Napi::Env env_;
  Napi::FunctionReference on_end_;
  uv_poll_t poll_ = {};
  bool finished_ = false;
};

// Calls back once, when the process has ended. The result gives the waiting up; not to be called
// after the end.
Napi::Value PidfdWatch(const Napi::CallbackInfo& info) {
  auto* watch = new EndWatch(info.Env(), info[0].As<Napi::Number>().Int32Value(),
                             info[1].As<Napi::Function>());
  return Napi::Function::New(info.Env(),
                             [watch](const Napi::CallbackInfo&) { watch->Finish(false); });
}

}  // namespace

void RegisterPidfd(Napi::Env env, Napi::Object exports) {
  exports.Set("pidfdOpen", Napi::Function::New(env, PidfdOpen));
  exports.Set("pidfdSignal", Napi::Function::New(env, PidfdSignal));
  exports.Set("pidfdWatch", Napi::Function::New(env, PidfdWatch));
}

}  // namespace tsrun

// Real-time signals: Node listens to signals that have a name, and these have none, signal(7).
#include <uv.h>

#include <atomic>
#include <csignal>
#include <memory>

#include "addon/module.h"

namespace tsrun {
namespace {

// Handlers find them here. Each signal is counted: real-time signals queue and do not merge.
std::atomic<uint32_t> arrived[NSIG];
uv_async_t* awake = nullptr;

// uv_async_send is safe in a handler (libuv, "Async handle").
void OnSignal(int signal) {
  arrived[signal].fetch_add(1);
  uv_async_send(awake);
}

void SetAll(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) sigaction(signal, &action, nullptr);
}

struct Listener {
  Napi::Env env;
  Napi::FunctionReference on_signal;
  uv_async_t async = {};

  void Deliver() {
    Napi::HandleScope scope(env);
    Napi::AsyncContext context(env, "tsrun.signals");
    for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) {
      for (uint32_t left = arrived[signal].exchange(0); left > 0; --left) {
        try {
          on_signal.MakeCallback(env.Global(), {Napi::Number::New(env, signal)}, context);
        } catch (const Napi::Error& error) {
          // A listener that throws is a bug of ours, as in channel.cc.
          napi_fatal_exception(env, error.Value());
        }
      }
    }
  }
};

// Returns the function that ends it: signals have their usual effect again.
Napi::Value OnRealtimeSignals(const Napi::CallbackInfo& info) {
  if (awake != nullptr) throw Napi::Error::New(info.Env(), "somebody listens already");
  auto* listener = new Listener{info.Env(), Napi::Persistent(info[0].As<Napi::Function>())};
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(info.Env(), &loop);
  uv_async_init(loop, &listener->async,
                [](uv_async_t* handle) { static_cast<Listener*>(handle->data)->Deliver(); });
  listener->async.data = listener;
  // Nobody waits for signals alone.
  uv_unref(reinterpret_cast<uv_handle_t*>(&listener->async));
  awake = &listener->async;
  SetAll(OnSignal);
  auto ended = std::make_shared<bool>(false);
  return Napi::Function::New(info.Env(), [listener, ended](const Napi::CallbackInfo&) {
    if (*ended) return;
    *ended = true;
    SetAll(SIG_DFL);
    awake = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&listener->async),
             [](uv_handle_t* handle) { delete static_cast<Listener*>(handle->data); });
  });
}

}  // namespace

void RegisterRealtimeSignals(Napi::Env env, Napi::Object exports) {
  exports.Set("onRealtimeSignals", Napi::Function::New(env, OnRealtimeSignals));
}

}  // namespace tsrun

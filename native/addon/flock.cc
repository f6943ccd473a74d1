// flock(2): without waiting on the JavaScript thread, with waiting in the thread pool.
#include <sys/file.h>

#include <cerrno>
#include <string>

#include "addon/module.h"

namespace tsrun {
namespace {

int Operation(const std::string& how) {
  if (how == "shared") return LOCK_SH;
  if (how == "exclusive") return LOCK_EX;
  return LOCK_UN;
}

Napi::Value Flock(const Napi::CallbackInfo& info) {
  const int fd = info[0].As<Napi::Number>().Int32Value();
  const int operation = Operation(info[1].As<Napi::String>().Utf8Value());
  if (flock(fd, operation | LOCK_NB) == 0) return Napi::Boolean::New(info.Env(), true);
  if (errno == EWOULDBLOCK) return Napi::Boolean::New(info.Env(), false);
  throw ErrnoError(info.Env(), errno, "flock");
}

class FlockWorker : public Napi::AsyncWorker {
 public:
  FlockWorker(Napi::Env env, int fd, int operation)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        fd_(fd),
        operation_(operation) {}
  Napi::Promise Promise() { return deferred_.Promise(); }
  void Execute() override {
    while (flock(fd_, operation_) != 0) {
      if (errno == EINTR) continue;
      err_ = errno;
      return;
    }
  }
  void OnOK() override {
    if (err_ == 0) {
      deferred_.Resolve(Env().Undefined());
    } else {
      deferred_.Reject(ErrnoError(Env(), err_, "flock").Value());
    }
  }

 private:
  Napi::Promise::Deferred deferred_;
  int fd_;
  int operation_;
  int err_ = 0;
};

Napi::Value FlockWait(const Napi::CallbackInfo& info) {
  auto* worker = new FlockWorker(info.Env(), info[0].As<Napi::Number>().Int32Value(),
                                 Operation(info[1].As<Napi::String>().Utf8Value()));
  worker->Queue();
  return worker->Promise();
}

}  // namespace

void RegisterFlock(Napi::Env env, Napi::Object exports) {
  exports.Set("flock", Napi::Function::New(env, Flock));
  exports.Set("flockWait", Napi::Function::New(env, FlockWait));
}

}  // namespace tsrun

// Streaming decompression and compression in the thread pool, from the caller's buffer into the
// caller's buffer.
//
// Output per call is bounded, so that a bomb costs time and never memory; what a decoder itself may
// allocate is bounded too.
#include <string>
#include <utility>

#include "addon/decoder.h"
#include "addon/encoder.h"
#include "addon/module.h"

namespace tsrun {
namespace {

std::unique_ptr<Decoder> MakeDecoder(const std::string& format) {
  if (format == "gzip") return MakeGzipDecoder();
  if (format == "zstd") return MakeZstdDecoder();
  if (format == "xz") return MakeXzDecoder();
  if (format == "bzip2") return MakeBzip2Decoder();
  return nullptr;
}

// What the JavaScript object and the call in the thread pool share.
struct Shared {
  std::unique_ptr<Decoder> decoder;
  bool busy = false;
};

class RunWorker : public Napi::AsyncWorker {
 public:
  RunWorker(Napi::Env env, std::shared_ptr<Shared> shared, Napi::Uint8Array input,
            Napi::Uint8Array output, bool last)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        shared_(std::move(shared)),
        in_(input.Data()),
        in_size_(input.ByteLength()),
        out_(output.Data()),
        out_size_(output.ByteLength()),
        last_(last) {
    // Neither may be collected meanwhile.
    held_input_ = Napi::Persistent(input.As<Napi::Object>());
    held_output_ = Napi::Persistent(output.As<Napi::Object>());
  }
  Napi::Promise Promise() { return deferred_.Promise(); }

  void Execute() override {
    for (;;) {
      const Step step = shared_->decoder->Run(in_ + consumed_, in_size_ - consumed_,
                                              out_ + produced_, out_size_ - produced_, last_);
      consumed_ += step.consumed;
      produced_ += step.produced;
      if (step.error != nullptr) {
        error_ = step.error;
        return;
      }
      if (produced_ == out_size_) return;
      if (step.consumed == 0 && step.produced == 0) break;
    }
    if (consumed_ < in_size_) error_ = "the data is corrupt";
    if (last_ && error_ == nullptr && !shared_->decoder->AtBoundary()) {
      error_ = "unexpected end of file";
    }
  }

  void OnOK() override {
    shared_->busy = false;
    if (error_ != nullptr) {
      deferred_.Reject(Napi::Error::New(Env(), error_).Value());
      return;
    }
    Napi::Object done = Napi::Object::New(Env());
    done.Set("consumed", static_cast<double>(consumed_));
    done.Set("produced", static_cast<double>(produced_));
    deferred_.Resolve(done);
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::shared_ptr<Shared> shared_;
  Napi::ObjectReference held_input_;
  Napi::ObjectReference held_output_;
  const uint8_t* in_;
  size_t in_size_;
  uint8_t* out_;
  size_t out_size_;
  bool last_;
  size_t consumed_ = 0;
  size_t produced_ = 0;
  const char* error_ = nullptr;
};

Napi::Value Run(const Napi::CallbackInfo& info, const std::shared_ptr<Shared>& shared) {
  const Napi::Env env = info.Env();
  if (info.Length() < 3 || !info[0].IsTypedArray() || !info[1].IsTypedArray() ||
      !info[2].IsBoolean()) {
    throw Napi::TypeError::New(env, "run takes input, output and whether the input is the last");
  }
  if (shared->busy) throw Napi::Error::New(env, "run was called before the last call was done");
  shared->busy = true;
  auto* worker = new RunWorker(env, shared, info[0].As<Napi::Uint8Array>(),
                               info[1].As<Napi::Uint8Array>(), info[2].As<Napi::Boolean>().Value());
  const Napi::Promise promise = worker->Promise();
  worker->Queue();
  return promise;
}

Napi::Object Running(Napi::Env env, const std::shared_ptr<Shared>& shared) {
  if (!shared->decoder->Ready()) throw Napi::Error::New(env, "out of memory");
  Napi::Object object = Napi::Object::New(env);
  object.Set("run", Napi::Function::New(env, [shared](const Napi::CallbackInfo& call) {
               return Run(call, shared);
             }));
  return object;
}

Napi::Value CreateDecompressor(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto shared = std::make_shared<Shared>();
  shared->decoder = MakeDecoder(info[0].As<Napi::String>().Utf8Value());
  if (!shared->decoder) throw Napi::TypeError::New(env, "the format is gzip, zstd, xz or bzip2");
  return Running(env, shared);
}

Napi::Value CreateCompressor(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto shared = std::make_shared<Shared>();
  const std::string format = info[0].As<Napi::String>().Utf8Value();
  const int level = info[1].As<Napi::Number>().Int32Value();
  if (format == "gzip") shared->decoder = MakeGzipEncoder(level);
  if (format == "zstd") shared->decoder = MakeZstdEncoder(level);
  if (!shared->decoder) throw Napi::TypeError::New(env, "the format is gzip or zstd");
  return Running(env, shared);
}

}  // namespace

void RegisterDecompress(Napi::Env env, Napi::Object exports) {
  exports.Set("createDecompressor", Napi::Function::New(env, CreateDecompressor));
  exports.Set("createCompressor", Napi::Function::New(env, CreateCompressor));
}

}  // namespace tsrun

// Streaming zstd, xz and bzip2 in the thread pool.
//
// Output per call is bounded, so that a bomb costs time and never memory; what a decoder itself may
// allocate is bounded too.
#include <bzlib.h>
#include <lzma.h>
#include <zstd.h>

#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "addon/module.h"

namespace tsrun {
namespace {

// src/image/layer/decompress.ts has the same number: a call that fills it is followed by one
// without input.
constexpr size_t kOutput = 1 << 20;
// xz -9 wants 65 MiB, zstd --ultra -22 128 MiB.
constexpr uint64_t kXzMemory = 160 << 20;
constexpr unsigned kZstdWindowLog = 27;

struct Step {
  size_t consumed = 0;
  size_t produced = 0;
  const char* error = nullptr;
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual bool Ready() const = 0;
  // Decodes from `in` to `out`. With `last` no more input will come after this one.
  virtual Step Run(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool last) = 0;
  // True between two members, where input may end.
  virtual bool AtBoundary() const = 0;
};

class ZstdDecoder : public Decoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {
    if (context_ != nullptr) ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kZstdWindowLog);
  }
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }
  bool Ready() const override { return context_ != nullptr; }
  Step Run(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool) override {
    ZSTD_inBuffer input = {in, in_size, 0};
    ZSTD_outBuffer output = {out, out_size, 0};
    Step step;
    while (output.pos < output.size) {
      const size_t in_before = input.pos;
      const size_t out_before = output.pos;
      // Also without input: what the decoder holds back is flushed so.
      const size_t result = ZSTD_decompressStream(context_, &output, &input);
      if (ZSTD_isError(result)) {
        step.error = ZSTD_getErrorName(result);
        break;
      }
      // Without any progress the result only repeats the size of the next header.
      if (input.pos == in_before && output.pos == out_before) break;
      boundary_ = result == 0;
    }
    step.consumed = input.pos;
    step.produced = output.pos;
    return step;
  }
  bool AtBoundary() const override { return boundary_; }

 private:
  ZSTD_DCtx* context_;
  bool boundary_ = false;
};

class XzDecoder : public Decoder {
 public:
  XzDecoder() { ready_ = lzma_stream_decoder(&stream_, kXzMemory, LZMA_CONCATENATED) == LZMA_OK; }
  ~XzDecoder() override { lzma_end(&stream_); }
  bool Ready() const override { return ready_; }
  Step Run(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool last) override {
    Step step;
    if (ended_) {
      step.consumed = in_size;
      return step;
    }
    stream_.next_in = in;
    stream_.avail_in = in_size;
    stream_.next_out = out;
    stream_.avail_out = out_size;
    // Concatenated streams end only where LZMA_FINISH says that the input does.
    const lzma_ret result = lzma_code(&stream_, last ? LZMA_FINISH : LZMA_RUN);
    step.consumed = in_size - stream_.avail_in;
    step.produced = out_size - stream_.avail_out;
    if (result == LZMA_STREAM_END) {
      ended_ = true;
    } else if (result == LZMA_MEMLIMIT_ERROR) {
      step.error = "it needs more memory than is allowed";
    } else if (result == LZMA_BUF_ERROR) {
      if (last && stream_.avail_out > 0) step.error = "unexpected end of file";
    } else if (result != LZMA_OK) {
      step.error = result == LZMA_FORMAT_ERROR ? "not in the xz format" : "the data is corrupt";
    }
    return step;
  }
  bool AtBoundary() const override { return ended_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ready_ = false;
  bool ended_ = false;
};

class Bzip2Decoder : public Decoder {
 public:
  ~Bzip2Decoder() override {
    if (open_) BZ2_bzDecompressEnd(&stream_);
  }
  bool Ready() const override { return true; }
  Step Run(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size, bool) override {
    Step step;
    while (step.produced < out_size) {
      if (!open_) {
        if (step.consumed == in_size) break;
        stream_ = {};
        if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) {
          step.error = "out of memory";
          break;
        }
        open_ = true;
      }
      stream_.next_in = reinterpret_cast<char*>(const_cast<uint8_t*>(in)) + step.consumed;
      stream_.avail_in = static_cast<unsigned>(in_size - step.consumed);
      stream_.next_out = reinterpret_cast<char*>(out) + step.produced;
      stream_.avail_out = static_cast<unsigned>(out_size - step.produced);
      const int result = BZ2_bzDecompress(&stream_);
      const size_t consumed = in_size - stream_.avail_in;
      const size_t produced = out_size - stream_.avail_out;
      const bool stuck = consumed == step.consumed && produced == step.produced;
      step.consumed = consumed;
      step.produced = produced;
      if (result == BZ_STREAM_END) {
        BZ2_bzDecompressEnd(&stream_);
        open_ = false;
      } else if (result != BZ_OK) {
        step.error =
            result == BZ_DATA_ERROR_MAGIC ? "not in the bzip2 format" : "the data is corrupt";
        break;
      } else if (stuck) {
        break;
      }
    }
    return step;
  }
  bool AtBoundary() const override { return !open_; }

 private:
  bz_stream stream_ = {};
  bool open_ = false;
};

std::shared_ptr<Decoder> MakeDecoder(const std::string& format) {
  if (format == "zstd") return std::make_shared<ZstdDecoder>();
  if (format == "xz") return std::make_shared<XzDecoder>();
  if (format == "bzip2") return std::make_shared<Bzip2Decoder>();
  return nullptr;
}

// What the JavaScript object and the call in the thread pool share.
struct Shared {
  std::shared_ptr<Decoder> decoder;
  std::vector<uint8_t> input;
  size_t at = 0;
  bool busy = false;
};

class PushWorker : public Napi::AsyncWorker {
 public:
  PushWorker(Napi::Env env, std::shared_ptr<Shared> shared, bool last)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        shared_(std::move(shared)),
        last_(last) {}
  Napi::Promise Promise() { return deferred_.Promise(); }

  void Execute() override {
    output_.reset(new (std::nothrow) uint8_t[kOutput]);
    if (!output_) {
      error_ = "out of memory";
      return;
    }
    Shared& shared = *shared_;
    for (;;) {
      const Step step =
          shared.decoder->Run(shared.input.data() + shared.at, shared.input.size() - shared.at,
                              output_.get() + produced_, kOutput - produced_, last_);
      shared.at += step.consumed;
      produced_ += step.produced;
      if (step.error != nullptr) {
        error_ = step.error;
        return;
      }
      if (produced_ == kOutput) return;
      if (step.consumed == 0 && step.produced == 0) break;
    }
    if (shared.at < shared.input.size()) error_ = "the data is corrupt";
    if (last_ && error_ == nullptr && !shared.decoder->AtBoundary())
      error_ = "unexpected end of file";
  }

  void OnOK() override {
    shared_->busy = false;
    if (error_ != nullptr) {
      deferred_.Reject(Napi::Error::New(Env(), error_).Value());
      return;
    }
    uint8_t* data = output_.release();
    deferred_.Resolve(Napi::Buffer<uint8_t>::New(
        Env(), data, produced_, [](Napi::Env, uint8_t* bytes) { delete[] bytes; }));
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::shared_ptr<Shared> shared_;
  bool last_;
  std::unique_ptr<uint8_t[]> output_;
  size_t produced_ = 0;
  const char* error_ = nullptr;
};

Napi::Value Push(const Napi::CallbackInfo& info, const std::shared_ptr<Shared>& shared) {
  const Napi::Env env = info.Env();
  if (info.Length() < 2 || !info[0].IsTypedArray() || !info[1].IsBoolean()) {
    throw Napi::TypeError::New(env, "push takes bytes and whether they are the last");
  }
  if (shared->busy) throw Napi::Error::New(env, "push was called before the last call was done");
  const auto chunk = info[0].As<Napi::Uint8Array>();
  Shared& state = *shared;
  state.input.erase(state.input.begin(),
                    state.input.begin() + static_cast<std::ptrdiff_t>(state.at));
  state.at = 0;
  state.input.insert(state.input.end(), chunk.Data(), chunk.Data() + chunk.ByteLength());
  state.busy = true;
  auto* worker = new PushWorker(env, shared, info[1].As<Napi::Boolean>().Value());
  const Napi::Promise promise = worker->Promise();
  worker->Queue();
  return promise;
}

Napi::Value CreateDecompressor(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto shared = std::make_shared<Shared>();
  shared->decoder = MakeDecoder(info[0].As<Napi::String>().Utf8Value());
  if (!shared->decoder) throw Napi::TypeError::New(env, "the format is zstd, xz or bzip2");
  if (!shared->decoder->Ready()) throw Napi::Error::New(env, "out of memory");
  Napi::Object object = Napi::Object::New(env);
  object.Set("push", Napi::Function::New(env, [shared](const Napi::CallbackInfo& call) {
               return Push(call, shared);
             }));
  return object;
}

}  // namespace

void RegisterDecompress(Napi::Env env, Napi::Object exports) {
  exports.Set("createDecompressor", Napi::Function::New(env, CreateDecompressor));
}

}  // namespace tsrun

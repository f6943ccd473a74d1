// Memory that Node fills and another process reads: bytes of a layer on their way to its files.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "addon/module.h"
#include "sys/fd.h"

namespace tsrun {
namespace {

// {fd, bytes, release}: the descriptor, for the other process, is read-only, and nobody can cut the
// memory short below it. JavaScript may keep views for as long as it likes, so the mapping lives
// until they are collected; release() gives the pages back at once.
Napi::Value CreateSharedMemory(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber() || info[0].As<Napi::Number>().Int64Value() <= 0) {
    throw Napi::TypeError::New(env, "shared memory has a size");
  }
  const auto size = static_cast<size_t>(info[0].As<Napi::Number>().Int64Value());
  const Fd memory(
      static_cast<int>(syscall(SYS_memfd_create, "tsrun:layer", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
  if (!memory.valid()) throw ErrnoError(env, errno, "memfd_create");
  if (ftruncate(memory.get(), static_cast<off_t>(size)) != 0) {
    throw ErrnoError(env, errno, "ftruncate");
  }
  if (fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    throw ErrnoError(env, errno, "fcntl");
  }
  void* start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (start == MAP_FAILED) throw ErrnoError(env, errno, "mmap");
  const std::string path = "/proc/self/fd/" + std::to_string(memory.get());
  Fd reader(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader.valid()) {
    const int err = errno;
    munmap(start, size);
    throw ErrnoError(env, err, "open");
  }
  Napi::Object shared = Napi::Object::New(env);
  shared.Set("bytes",
             Napi::Buffer<uint8_t>::New(env, static_cast<uint8_t*>(start), size,
                                        [size](Napi::Env, uint8_t* at) { munmap(at, size); }));
  shared.Set("release", Napi::Function::New(env, [start, size](const Napi::CallbackInfo&) {
               madvise(start, size, MADV_REMOVE);
             }));
  shared.Set("fd", reader.Release());
  return shared;
}

}  // namespace

void RegisterSharedMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("createSharedMemory", Napi::Function::New(env, CreateSharedMemory));
}

}  // namespace tsrun

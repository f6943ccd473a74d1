// Many small files in one call: what lists hundreds of containers would otherwise cross into native
// code two thousand times.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "addon/module.h"
#include "sys/fd.h"

namespace tsrun {
namespace {

// Appends what the file holds. Returns whether it could be read.
bool Append(const char* path, std::vector<char>* content) {
  Fd file(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.valid()) return false;
  const size_t before = content->size();
  for (;;) {
    char chunk[16384];
    const ssize_t got = read(file.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      content->resize(before);
      return false;
    }
    content->insert(content->end(), chunk, chunk + got);
    // A file that has less than was asked for ends there; files of /proc and of control groups too,
    // as short as those are that are asked for.
    if (static_cast<size_t>(got) < sizeof chunk) break;
  }
  return true;
}

Napi::Value ReadFiles(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  // One text with a NUL behind each path: the one byte that a path cannot hold.
  const std::string paths = info[0].As<Napi::String>().Utf8Value();
  std::vector<char> content;
  std::vector<int32_t> ends;
  for (size_t at = 0; at < paths.size(); at += strlen(&paths[at]) + 1) {
    const bool is_there = Append(&paths[at], &content);
    const int32_t end = static_cast<int32_t>(content.size());
    ends.push_back(is_there ? end : ~end);
  }
  Napi::Int32Array numbers = Napi::Int32Array::New(env, ends.size());
  if (!ends.empty()) memcpy(numbers.Data(), ends.data(), ends.size() * sizeof(int32_t));
  Napi::Object result = Napi::Object::New(env);
  result.Set("bytes", Napi::Buffer<char>::Copy(env, content.data(), content.size()));
  result.Set("ends", numbers);
  return result;
}

}  // namespace

void RegisterReadFiles(Napi::Env env, Napi::Object exports) {
  exports.Set("readFiles", Napi::Function::New(env, ReadFiles));
}

}  // namespace tsrun

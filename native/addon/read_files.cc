// Many small files in one call: what lists hundreds of containers would otherwise cross into native
// code two thousand times.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "addon/module.h"
#include "sys/fd.h"

namespace tsrun {
namespace {

// What became of a file.
enum class Kind : uint8_t { kNotRead = 0, kAscii = 1, kOther = 2 };

// Room for as much as most of these files have.
constexpr size_t kRoom = 1024;

// Some of the files, one after the other.
struct Part {
  std::vector<const char*> paths;
  std::string content;
  std::vector<uint32_t> ends;
  std::vector<uint8_t> kinds;

  void Read();
};

// Appends what the file holds.
Kind Append(const char* path, std::string* content) {
  Fd file(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.valid()) return Kind::kNotRead;
  const size_t before = content->size();
  unsigned char seen = 0;
  for (;;) {
    char chunk[16384];
    const ssize_t got = read(file.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      content->resize(before);
      return Kind::kNotRead;
    }
    for (ssize_t i = 0; i < got; ++i) seen |= static_cast<unsigned char>(chunk[i]);
    content->append(chunk, static_cast<size_t>(got));
    // A file that has less than was asked for ends there; files of /proc and of control groups too,
    // as short as those are that are asked for.
    if (static_cast<size_t>(got) < sizeof chunk) break;
  }
  return seen < 0x80 ? Kind::kAscii : Kind::kOther;
}

void Part::Read() {
  content.reserve(paths.size() * kRoom);
  ends.reserve(paths.size());
  kinds.reserve(paths.size());
  for (const char* path : paths) {
    kinds.push_back(static_cast<uint8_t>(Append(path, &content)));
    ends.push_back(static_cast<uint32_t>(content.size()));
  }
}

// Two thirds of the time are the kernel's, which takes several calls at once. So many files are
// worth a thread: its start costs as much as ten of them.
constexpr size_t kWorthAThread = 100;
constexpr size_t kMostThreads = 4;

size_t Threads(size_t files) {
  const size_t worth = std::min(files / kWorthAThread, kMostThreads);
  return worth < 2 ? 1 : std::min<size_t>(worth, std::max(1u, std::thread::hardware_concurrency()));
}

void ReadAll(std::vector<Part>* parts) {
  std::vector<std::thread> others;
  for (size_t i = 1; i < parts->size(); ++i) {
    Part* part = &(*parts)[i];
    try {
      others.emplace_back([part] { part->Read(); });
    } catch (const std::system_error&) {
      // No more processes are allowed here.
      part->Read();
    }
  }
  parts->front().Read();
  for (std::thread& other : others) other.join();
}

Napi::Value ReadFiles(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  // One text with a NUL behind each path: the one byte that a path cannot hold.
  const std::string text = info[0].As<Napi::String>().Utf8Value();
  std::vector<const char*> paths;
  for (size_t at = 0; at < text.size(); at += strlen(&text[at]) + 1) paths.push_back(&text[at]);
  const size_t count = paths.size();
  std::vector<Part> parts(Threads(count));
  for (size_t i = 0; i < count; ++i) parts[i * parts.size() / count].paths.push_back(paths[i]);
  ReadAll(&parts);
  Napi::Uint32Array ends = Napi::Uint32Array::New(env, count);
  Napi::Uint8Array kinds = Napi::Uint8Array::New(env, count);
  std::string& content = parts.front().content;
  size_t at = 0;
  for (const Part& part : parts) {
    const bool is_first = &part == &parts.front();
    const uint32_t before = is_first ? 0 : static_cast<uint32_t>(content.size());
    if (!is_first) content += part.content;
    for (size_t i = 0; i < part.ends.size(); ++i, ++at) {
      ends[at] = before + part.ends[i];
      kinds[at] = part.kinds[i];
    }
  }
  // A character for each byte: parts of it are made without copying, and ASCII is what it says.
  napi_value characters;
  NAPI_THROW_IF_FAILED(env,
                       napi_create_string_latin1(env, content.data(), content.size(), &characters),
                       env.Undefined());
  Napi::Object result = Napi::Object::New(env);
  result.Set("content", characters);
  result.Set("ends", ends);
  result.Set("kinds", kinds);
  return result;
}

}  // namespace

void RegisterReadFiles(Napi::Env env, Napi::Object exports) {
  exports.Set("readFiles", Napi::Function::New(env, ReadFiles));
}

}  // namespace tsrun

#include "workbench/reply.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace tsrun {
namespace {

int replies = STDOUT_FILENO;

template <typename T>
void Put(std::string* to, T value) {
  to->append(reinterpret_cast<const char*>(&value), sizeof value);
}

void Send(const std::string& body) {
  std::string message;
  Put(&message, static_cast<uint32_t>(body.size()));
  message += body;
  const char* at = message.data();
  size_t left = message.size();
  while (left > 0) {
    const ssize_t wrote = write(replies, at, left);
    if (wrote < 0 && errno == EINTR) continue;
    // Nobody reads: whoever started us is gone or is about to kill us.
    if (wrote < 0) return;
    at += wrote;
    left -= static_cast<size_t>(wrote);
  }
}

}  // namespace

void ReplyDone(uint64_t skipped_devices, uint64_t skipped_xattrs) {
  std::string body(1, static_cast<char>(ReplyKind::kDone));
  Put(&body, skipped_devices);
  Put(&body, skipped_xattrs);
  Send(body);
}

void ReplyFailure(uint8_t at, int err, std::string_view path) {
  std::string body(1, static_cast<char>(ReplyKind::kFailure));
  Put(&body, at);
  Put(&body, static_cast<int32_t>(err));
  body.append(path);
  Send(body);
}

void ReplyWantLower() { Send(std::string(1, static_cast<char>(ReplyKind::kWantLower))); }

void ReplyDestination(uint8_t standing, std::string_view name) {
  std::string body(1, static_cast<char>(ReplyKind::kDestination));
  Put(&body, standing);
  body.append(name);
  Send(body);
}

void ReplyReplaced(uint32_t number, uint64_t offset, std::string_view bytes) {
  std::string body(1, static_cast<char>(ReplyKind::kReplaced));
  Put(&body, number);
  Put(&body, offset);
  body.append(bytes);
  Send(body);
}

void ReplyMoved(uint32_t number, std::string_view path) {
  std::string body(1, static_cast<char>(ReplyKind::kMoved));
  Put(&body, number);
  body.append(path);
  Send(body);
}

void ReplyOn(int fd) { replies = fd; }

void ReplyPartFree(uint32_t part) {
  std::string body(1, static_cast<char>(ReplyKind::kPartFree));
  Put(&body, part);
  Send(body);
}

}  // namespace tsrun

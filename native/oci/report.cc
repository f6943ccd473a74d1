#include "oci/report.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "sys/fd.h"

namespace tsrun::oci {
namespace {

// Ignored: a reader that is gone has nobody to tell.
void WriteAll(int fd, const std::string& text) {
  size_t at = 0;
  while (at < text.size()) {
    const ssize_t put = write(fd, text.data() + at, text.size() - at);
    if (put <= 0) return;
    at += static_cast<size_t>(put);
  }
}

std::string Now() {
  const time_t now = time(nullptr);
  struct tm utc = {};
  gmtime_r(&now, &utc);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::string LogLine(LogFormat format, const std::string& message) {
  if (format == LogFormat::kJson) {
    return "{\"level\":\"error\",\"msg\":" + JsonString(message) + ",\"time\":\"" + Now() + "\"}\n";
  }
  return "time=\"" + Now() + "\" level=error msg=" + JsonString(message) + "\n";
}

}  // namespace

std::string ErrnoText(int err) {
  const char* text = strerrordesc_np(err);
  if (text == nullptr) return "errno " + std::to_string(err);
  std::string lower = text;
  // As everywhere in messages: no capital inside a sentence.
  if (lower.size() > 1 && lower[0] >= 'A' && lower[0] <= 'Z' && lower[1] >= 'a') lower[0] += 32;
  return lower;
}

std::string JsonString(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      char escape[8];
      snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

int Report(const Log& log, const Failure& failure) {
  std::string lines = "tsrun-oci: " + failure.what + "\n";
  if (!failure.why.empty()) lines += "  " + failure.why + "\n";
  if (!failure.hint.empty()) lines += "  hint: " + failure.hint + "\n";
  WriteAll(STDERR_FILENO, lines);
  if (!log.file.empty()) {
    // A FIFO that nobody reads holds nobody up.
    constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    Fd file(open(log.file.c_str(), kFlags, 0644));
    const std::string message =
        failure.why.empty() ? failure.what : failure.what + ": " + failure.why;
    if (file.valid()) WriteAll(file.get(), LogLine(log.format, message));
  }
  return 1;
}

}  // namespace tsrun::oci

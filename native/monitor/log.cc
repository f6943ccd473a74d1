#include "monitor/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tsrun {
namespace {

constexpr int kMaxParts = 64;

void FileName(char (&name)[24], uint32_t number) {
  if (number == 0) {
    snprintf(name, sizeof name, "log");
  } else {
    snprintf(name, sizeof name, "log.%u", number);
  }
}

}  // namespace

void FormatTime(char (&text)[kTimeSize + 1]) {
  struct timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  struct tm parts = {};
  gmtime_r(&now.tv_sec, &parts);
  char date[24];
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(text, sizeof text, "%.19s.%09ldZ", date, now.tv_nsec);
}

void Log::Open(int directory, uint64_t size_limit, uint32_t files) {
  directory_ = directory;
  size_limit_ = size_limit;
  files_ = files;
  OpenFile();
}

void Log::OpenFile() {
  file_ =
      Fd(openat(directory_, "log", O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  struct stat st = {};
  size_ = file_.valid() && fstat(file_.get(), &st) == 0 ? static_cast<uint64_t>(st.st_size) : 0;
  if (!file_.valid()) lost_why_ = errno;
}

// log becomes log.1, log.1 becomes log.2, and the last one goes.
void Log::Rotate() {
  for (uint32_t number = files_; number > 0; --number) {
    char from[24], to[24];
    FileName(from, number - 1);
    FileName(to, number);
    if (number == files_) {
      unlinkat(directory_, from, 0);
    } else {
      renameat(directory_, from, directory_, to);
    }
  }
  OpenFile();
}

// All of it or nothing: half a line would be read as a whole one.
bool Log::Write(const struct iovec* parts, int count, size_t size) {
  if (!file_.valid()) OpenFile();
  const ssize_t put = file_.valid() ? writev(file_.get(), parts, count) : -1;
  if (put == static_cast<ssize_t>(size)) {
    size_ += size;
    return true;
  }
  lost_why_ = put < 0 ? errno : ENOSPC;
  // Ignored: the file is as long as it was, or the disk is broken.
  if (put > 0 && ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
    size_ += static_cast<size_t>(put);
  return false;
}

void Log::ReportLost() {
  char time[kTimeSize + 1], line[128];
  FormatTime(time);
  const int size = snprintf(line, sizeof line, "%s tsrun F %llu bytes lost: %s\n", time,
                            static_cast<unsigned long long>(lost_), strerrorname_np(lost_why_));
  const struct iovec part = {line, static_cast<size_t>(size)};
  if (Write(&part, 1, static_cast<size_t>(size))) lost_ = 0;
}

bool Log::Settle() {
  if (lost_ > 0) ReportLost();
  return lost_ == 0;
}

void Log::Append(Stream stream, const char* bytes, size_t size) {
  if (!is_open()) return;
  if (size_ > size_limit_) Rotate();
  // Not even a shorter entry before the count of what is missing in front of it.
  if (!Settle()) {
    lost_ += size;
    return;
  }
  char time[kTimeSize + 1];
  FormatTime(time);
  const char* name = stream == Stream::kOutput ? "stdout" : "stderr";
  char whole[64], part_of[64];
  const auto whole_size =
      static_cast<size_t>(snprintf(whole, sizeof whole, "%s %s F ", time, name));
  snprintf(part_of, sizeof part_of, "%s %s P ", time, name);
  const char* const end = bytes + size;
  while (bytes < end) {
    struct iovec parts[kMaxParts];
    int count = 0;
    size_t total = 0;
    const char* at = bytes;
    while (at < end && count + 3 <= kMaxParts) {
      const auto* newline =
          static_cast<const char*>(memchr(at, '\n', static_cast<size_t>(end - at)));
      const char* stop = newline == nullptr ? end : newline + 1;
      parts[count++] = {newline == nullptr ? part_of : whole, whole_size};
      parts[count++] = {const_cast<char*>(at), static_cast<size_t>(stop - at)};
      total += whole_size + static_cast<size_t>(stop - at);
      if (newline == nullptr) {
        parts[count++] = {const_cast<char*>("\n"), 1};
        total += 1;
      }
      at = stop;
    }
    if (!Write(parts, count, total)) {
      lost_ = static_cast<uint64_t>(end - bytes);
      return;
    }
    bytes = at;
  }
}

}  // namespace tsrun

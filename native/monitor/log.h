// What a kept container prints, as lines in a file; docs/logs.md describes the format.
#ifndef TSRUN_MONITOR_LOG_H_
#define TSRUN_MONITOR_LOG_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "sys/fd.h"

namespace tsrun {

enum class Stream { kOutput, kError };

class Log {
 public:
  // Goes on where an earlier run of the container stopped. `directory` outlives the log.
  void Open(int directory, uint64_t size_limit, uint32_t files);
  bool is_open() const { return directory_ >= 0; }
  // Never fails: what the disk does not take is counted, and the count written when it takes more.
  void Append(Stream stream, const char* bytes, size_t size);
  // Writes what is counted, if the disk takes it. True: nothing is left to say.
  bool Settle();

 private:
  void OpenFile();
  void Rotate();
  void ReportLost();
  bool Write(const struct iovec* parts, int count, size_t size);

  int directory_ = -1;
  uint64_t size_limit_ = 0;
  uint32_t files_ = 1;
  Fd file_;
  uint64_t size_ = 0;
  uint64_t lost_ = 0;  // bytes
  int lost_why_ = 0;
};

// "2026-01-02T03:04:05.678901234Z", which has always this length.
constexpr size_t kTimeSize = 30;
void FormatTime(char (&text)[kTimeSize + 1]);

}  // namespace tsrun

#endif  // TSRUN_MONITOR_LOG_H_

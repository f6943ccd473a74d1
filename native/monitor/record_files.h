// The small text files that monitors and src/container/kept exchange.
#ifndef TSRUN_MONITOR_RECORD_FILES_H_
#define TSRUN_MONITOR_RECORD_FILES_H_

#include <sys/types.h>

#include <cstddef>

namespace tsrun {

// The first `size - 1` bytes of a file, NUL-terminated. False: none.
bool ReadText(int directory, const char* path, char* text, size_t size);
// Whole or not at all: a reader sees the old file or the new one.
bool WriteWhole(int directory, const char* name, const char* text);
bool WriteWholeBytes(int directory, const char* name, const char* bytes, size_t size);
// With the number it names one process for as long as the machine is up.
unsigned long long StartTime(pid_t pid);

constexpr size_t kBootIdSize = 64;
void ReadBootId(char (&text)[kBootIdSize]);

}  // namespace tsrun

#endif  // TSRUN_MONITOR_RECORD_FILES_H_

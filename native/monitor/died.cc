// How far init came before its end: its socket closes by exec as well as by death.
#include <fcntl.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "monitor/monitor.h"

namespace tsrun {
namespace {

// linux/sched.h; field 9 of proc_pid_stat(5) shows them, of a zombie too.
constexpr unsigned long kExiting = 0x4;
constexpr unsigned long kForkedWithoutExec = 0x40;

// PID 1 of --init never executes anything; its name tells that it got there.
constexpr char kNameBeforeExec[] = "(tsrun:init)";

}  // namespace

bool DiedBeforeExec(pid_t init) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(init));
  Fd file(open(path, O_RDONLY | O_CLOEXEC));
  const ssize_t size = file.valid() ? read(file.get(), text, sizeof text - 1) : -1;
  if (size <= 0) return false;
  text[size] = 0;
  const char* after_name = strrchr(text, ')');
  unsigned long flags = 0;
  if (after_name == nullptr ||
      sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %lu", &flags) != 1) {
    return false;
  }
  return (flags & kForkedWithoutExec) != 0 && (flags & kExiting) != 0 &&
         strstr(text, kNameBeforeExec) != nullptr;
}

}  // namespace tsrun

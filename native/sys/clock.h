// Time for reports. Safe after clone.
#ifndef TSRUN_SYS_CLOCK_H_
#define TSRUN_SYS_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace tsrun {

inline uint64_t Nanoseconds() {
  struct timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace tsrun

#endif  // TSRUN_SYS_CLOCK_H_

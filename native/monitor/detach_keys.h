// The keys with which a person lets go of a container's terminal.
#ifndef TSRUN_MONITOR_DETACH_KEYS_H_
#define TSRUN_MONITOR_DETACH_KEYS_H_

#include <cstddef>

#include "plan/plan.h"

namespace tsrun {

constexpr size_t kMaxDetachKeys = 16;

class DetachKeys {
 public:
  void Set(Str keys);
  // Takes the keys out of what was typed, in place. The beginning of the sequence is held back
  // until the next key tells whether it goes on: `room` has to have place for it beyond `size`.
  // True: all of them came; what was typed before them is left in `bytes`.
  bool Pass(char* bytes, size_t* size, size_t room);

 private:
  char keys_[kMaxDetachKeys] = {};
  size_t count_ = 0;
  size_t held_ = 0;
};

}  // namespace tsrun

#endif  // TSRUN_MONITOR_DETACH_KEYS_H_

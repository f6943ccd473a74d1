#include "monitor/detach_keys.h"

#include <cstring>

namespace tsrun {

void DetachKeys::Set(Str keys) {
  const size_t count = strlen(keys);
  count_ = count <= kMaxDetachKeys ? count : 0;
  memcpy(keys_, keys, count_);
}

bool DetachKeys::Pass(char* bytes, size_t* size, size_t room) {
  if (count_ == 0) return false;
  // Held keys that turn out to be none are typed before what comes now.
  const size_t before = held_;
  if (*size + before > room) return false;
  memmove(bytes + before, bytes, *size);
  memcpy(bytes, keys_, before);
  const size_t end = *size + before;
  size_t out = 0;
  size_t held = 0;
  for (size_t at = 0; at < end; ++at) {
    const char key = bytes[at];
    if (key == keys_[held]) {
      if (++held == count_) {
        held_ = 0;
        *size = out;
        return true;
      }
      continue;
    }
    // Written over what was read: out + held never passes at.
    memcpy(bytes + out, keys_, held);
    out += held;
    held = key == keys_[0] ? 1 : 0;
    if (held == 0) bytes[out++] = key;
  }
  held_ = held;
  *size = out;
  return false;
}

}  // namespace tsrun

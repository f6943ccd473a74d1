#include "oci/signals.h"

#include <signal.h>

#include <cstdlib>
#include <cstring>

namespace tsrun::oci {
namespace {

// The kernel's own range: the C library keeps the first two for itself.
constexpr int kFirstRealTime = 32;
constexpr int kLastSignal = 64;
constexpr int kFirstForPrograms = 34;

struct Alias {
  const char* name;
  int number;
};
// Names that sigabbrev_np does not give.
constexpr Alias kAliases[] = {
    {"IOT", SIGIOT}, {"CLD", SIGCHLD}, {"POLL", SIGIO}, {"UNUSED", SIGSYS}};

int Number(const char* text) {
  char* end = nullptr;
  const long value = strtol(text, &end, 10);
  return *text != 0 && *end == 0 && value >= 0 && value <= kLastSignal ? static_cast<int>(value)
                                                                       : -1;
}

}  // namespace

int ParseSignal(const std::string& text) {
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') return Number(text.c_str());
  std::string name = text;
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c -= 'a' - 'A';
  }
  if (name.compare(0, 3, "SIG") == 0) name.erase(0, 3);
  if (name.compare(0, 5, "RTMIN") == 0 || name.compare(0, 5, "RTMAX") == 0) {
    const bool from_first = name[4] == 'N';
    const int base = from_first ? kFirstForPrograms : kLastSignal;
    if (name.size() == 5) return base;
    const int distance = name[5] == (from_first ? '+' : '-') ? Number(name.c_str() + 6) : -1;
    const int number = from_first ? base + distance : base - distance;
    return distance < 0 || number < kFirstRealTime || number > kLastSignal ? -1 : number;
  }
  for (const Alias& alias : kAliases) {
    if (name == alias.name) return alias.number;
  }
  for (int signal = 1; signal < kFirstRealTime; ++signal) {
    const char* abbreviation = sigabbrev_np(signal);
    if (abbreviation != nullptr && name == abbreviation) return signal;
  }
  return -1;
}

}  // namespace tsrun::oci

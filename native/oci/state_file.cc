#include "oci/state_file.h"

#include <cstring>

namespace tsrun::oci {
namespace {

constexpr uint64_t kLargestPid = 1 << 22;  // PID_MAX_LIMIT, proc_sys_kernel(5)

class Lines {
 public:
  explicit Lines(const std::string& text) : text_(text) {}

  // The value of the next line when its key is this one.
  bool Take(const char* key, std::string* value) {
    const size_t end = text_.find('\n', at_);
    if (end == std::string::npos) return false;
    const std::string prefix = std::string(key) + " ";
    if (text_.compare(at_, prefix.size(), prefix) != 0) return false;
    const size_t begin = at_ + prefix.size();
    if (begin > end) return false;
    *value = text_.substr(begin, end - begin);
    at_ = end + 1;
    ++number_;
    return true;
  }
  // The last line, with nothing behind it.
  bool End() const { return text_.compare(at_, std::string::npos, "end\n") == 0; }
  unsigned number() const { return number_; }

 private:
  const std::string& text_;
  size_t at_ = 0;
  unsigned number_ = 1;
};

// Decimal, as written by JavaScript: no sign, no leading zero.
bool Number(const std::string& text, uint64_t most, uint64_t* value) {
  if (text.empty() || text.size() > 15 || (text[0] == '0' && text.size() > 1)) return false;
  *value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    *value = *value * 10 + static_cast<uint64_t>(c - '0');
  }
  return *value <= most;
}

bool IsScope(const std::string& value) {
  for (const char* bus : {"system ", "user "}) {
    const size_t size = strlen(bus);
    if (value.compare(0, size, bus) == 0) return value.size() > size;
  }
  return value == "none";
}

bool Read(Lines& lines, StateFile* state) {
  std::string value;
  uint64_t number = 0;
  if (!lines.Take("tsrun-oci-state", &value) || value != "1") return false;
  if (!lines.Take("id", &state->id) || state->id.empty()) return false;
  if (!lines.Take("pid", &value) || !Number(value, kLargestPid, &number) || number == 0)
    return false;
  state->pid = static_cast<pid_t>(number);
  if (!lines.Take("start-time", &value) || !Number(value, 999999999999999, &state->start_time))
    return false;
  if (!lines.Take("cgroup", &value) || (value != "none" && value[0] != '/')) return false;
  if (value != "none") state->cgroup = value;
  if (!lines.Take("scope", &value) || !IsScope(value)) return false;
  state->scope = value != "none";
  if (!lines.Take("pid-namespace", &value) || (value != "own" && value != "shared")) return false;
  state->own_pid_namespace = value == "own";
  if (!lines.Take("hooks", &value)) return false;
  if (value != "none" && value != "poststart" && value != "poststop" &&
      value != "poststart poststop")
    return false;
  state->poststart = value.compare(0, 9, "poststart") == 0;
  state->poststop = value.size() >= 8 && value.compare(value.size() - 8, 8, "poststop") == 0;
  // For TypeScript, when it explains why a start failed.
  if (!lines.Take("start-step", &value) || !Number(value, 999999, &number)) return false;
  if (!lines.Take("json-before", &value)) return false;
  do state->json_before += value + "\n";
  while (lines.Take("json-before", &value));
  if (!lines.Take("json-after", &value)) return false;
  do state->json_after += value + "\n";
  while (lines.Take("json-after", &value));
  return lines.End();
}

}  // namespace

bool ParseStateFile(const std::string& text, StateFile* state, std::string* why) {
  Lines lines(text);
  if (text.find('\0') == std::string::npos && Read(lines, state)) return true;
  *why = "line " + std::to_string(lines.number()) + " of its state file is not what it should be";
  return false;
}

}  // namespace tsrun::oci

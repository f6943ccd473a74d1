#include "oci/command_line.h"

#include <cstring>

namespace tsrun::oci {
namespace {

// A flag's name, and the value after "=" where there is one. Go's flag package, which defined this
// command line, takes one dash for two.
struct Flag {
  std::string name;
  std::string value;
  bool has_value = false;
};

bool IsFlag(const char* word) { return word[0] == '-' && word[1] != 0; }

Flag SplitFlag(const char* word) {
  Flag flag;
  flag.name = word + (word[1] == '-' ? 2 : 1);
  const size_t equals = flag.name.find('=');
  if (equals != std::string::npos) {
    flag.value = flag.name.substr(equals + 1);
    flag.name.resize(equals);
    flag.has_value = true;
  }
  return flag;
}

bool TakesValue(const std::string& name) {
  for (const char* known : {"root", "log", "log-format", "rootless", "criu", "cgroup-manager"}) {
    if (name == known) return true;
  }
  return false;
}

bool IsManager(const std::string& name) {
  return name == "cgroupfs" || name == "systemd" || name == "disabled";
}

// Go's strconv.ParseBool, as far as anybody writes it.
bool SetSwitch(const Flag& flag, bool* target) {
  if (flag.has_value && flag.value != "true" && flag.value != "false") return false;
  *target = !flag.has_value || flag.value == "true";
  return true;
}

bool ApplyGlobal(const Flag& flag, CommandLine* line) {
  bool ignored = false;
  if (flag.name == "debug" || flag.name == "systemd-cgroup") return SetSwitch(flag, &ignored);
  if (!TakesValue(flag.name)) return false;
  if (flag.name == "cgroup-manager" && !IsManager(flag.value)) return false;
  if (flag.name == "root") line->root = flag.value;
  if (flag.name == "log") line->log.file = flag.value;
  if (flag.name == "log-format") {
    if (flag.value != "json" && flag.value != "text") return false;
    line->log.format = flag.value == "json" ? LogFormat::kJson : LogFormat::kText;
  }
  return true;
}

bool ApplyOfVerb(const Flag& flag, CommandLine* line) {
  if (line->verb == "kill" && (flag.name == "all" || flag.name == "a"))
    return SetSwitch(flag, &line->all);
  if (line->verb == "delete" && (flag.name == "force" || flag.name == "f"))
    return SetSwitch(flag, &line->force);
  return false;
}

}  // namespace

bool ParseCommandLine(int argc, char** argv, CommandLine* line) {
  int at = 1;
  for (; at < argc && IsFlag(argv[at]); ++at) {
    Flag flag = SplitFlag(argv[at]);
    if (TakesValue(flag.name) && !flag.has_value) {
      if (++at >= argc) return false;
      flag.value = argv[at];
    }
    if (!ApplyGlobal(flag, line)) return false;
  }
  if (at >= argc) return false;
  line->verb = argv[at++];
  bool flags = true;
  for (; at < argc; ++at) {
    if (flags && strcmp(argv[at], "--") == 0) {
      flags = false;
    } else if (flags && IsFlag(argv[at])) {
      if (!ApplyOfVerb(SplitFlag(argv[at]), line)) return false;
    } else {
      line->arguments.push_back(argv[at]);
    }
  }
  return true;
}

}  // namespace tsrun::oci
